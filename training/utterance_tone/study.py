"""Networks that leave speakers out, and what they say of those that they never heard.

Every choice of the recipe is made on these: a whole corpus is left out, so that voices, language,
microphones and manner of acting are all strange to the network. The RAVDESS folds leave out four
actors each.
"""

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.tone.augment import add_noise, coloured_noise, telephone
from training.tone.corpus import FOLDS, fold_speakers, to_int16
from training.utterance_tone.corpus import CORPORA, Clip, Sounds
from training.utterance_tone.data import Change, Data, changed
from training.utterance_tone.embed import embed, kept
from training.utterance_tone.fit import HeadsConfig, score, train_heads
from training.utterance_tone.heads import Heads
from training.utterance_tone.network import Encoder, EncoderTone
from training.utterance_tone.tune import TuningConfig, tune

log = logging.getLogger(__name__)


def _by_telephone(pcm: Int16Array, _rng: np.random.Generator) -> Int16Array:
    return to_int16(telephone(pcm / 32768))


def _in_noise(pcm: Int16Array, rng: np.random.Generator) -> Int16Array:
    return to_int16(add_noise(pcm / 32768, coloured_noise(len(pcm), 1.0, rng), 10))


def _beginning(pcm: Int16Array, _rng: np.random.Generator) -> Int16Array:
    return pcm[: int(1.5 * SAMPLE_RATE)]


def _softer(pcm: Int16Array, _rng: np.random.Generator) -> Int16Array:
    return to_int16(pcm / 327_680)


CONDITIONS: Final[Mapping[str, Change]] = {
    "telephone": _by_telephone,
    "pink noise 10 dB": _in_noise,
    "first 1.5 s": _beginning,
    "20 dB softer": _softer,
}
"""Name of a test condition -> the change of the sound. "clean" is the sound as recorded."""

Said = Callable[[Sounds, np.ndarray], FloatArray]
"""What a model says of the sounds at some rows: log-probabilities, (rows, 3 + 8)."""

MOST_CHANGED: Final = 400
"""Most clips of a corpus that are tested under a condition other than "clean"."""


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Clips that a network is not trained on.

    Attributes:
        name: Of what is kept on disk.
        clips: Which they are, shape (clips,), bool.
    """

    name: str
    clips: np.ndarray


def corpora_left_out(clips: Sequence[Clip]) -> dict[str, LeftOut]:
    """Each corpus of acted emotion, by its name."""
    corpora = np.array([clip.corpus for clip in clips])
    return {
        corpus: LeftOut(f"without-{corpus}", corpora == corpus)
        for corpus in CORPORA
        if (corpora == corpus).any()
    }


def folds_left_out(clips: Sequence[Clip]) -> dict[str, LeftOut]:
    """Each fold of RAVDESS actors."""
    return {f"fold {number + 1}": fold_left_out(clips, number) for number in range(len(FOLDS))}


def fold_left_out(clips: Sequence[Clip], number: int) -> LeftOut:
    """One fold of RAVDESS actors."""
    names = {f"ravdess/{speaker}" for speaker in fold_speakers(number)}
    return LeftOut(f"fold{number}", np.array([clip.speaker in names for clip in clips]))


def _tested_rows(data: Data) -> np.ndarray:
    """All clips of RAVDESS, and the same number at random of every other corpus."""
    rows: list[np.ndarray] = []
    for corpus in CORPORA:
        there = np.flatnonzero(data.corpora == corpus)
        if corpus != "ravdess":
            there = np.random.default_rng(1).permutation(there)[:MOST_CHANGED]
        rows.append(there)
    return np.sort(np.concatenate(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What a network says of clips whose speakers it never heard.

    Attributes:
        rows: Indices of the clips, by condition.
        log_probs: Shape (rows, 3 + 8), by condition.
    """

    rows: Mapping[str, np.ndarray]
    log_probs: Mapping[str, FloatArray]

    def save(self, file: Path) -> None:
        """Write both to an .npz."""
        np.savez(
            file,
            **{f"rows {name}": value for name, value in self.rows.items()},
            **{f"said {name}": value for name, value in self.log_probs.items()},
        )

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(file) as held:
            names = [key.removeprefix("rows ") for key in held if key.startswith("rows ")]
            return cls({n: held[f"rows {n}"] for n in names}, {n: held[f"said {n}"] for n in names})


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: the heads by themselves, then the layers with them.

    Attributes:
        heads: How the heads learn.
        tuning: How the layers learn; None leaves them as they are.
        seed: Of what is drawn.
    """

    heads: HeadsConfig = field(default_factory=HeadsConfig)
    tuning: TuningConfig | None = field(default_factory=TuningConfig)
    seed: int = 0


class Study:
    """Trains and tests networks, each once: what is in the folder already is read from there.

    Args:
        data: The clips.
        encoder: As it is in Whisper.
        work: Keeps what the encoder makes of the clips as it is in `features`, and the networks in
            `networks`; delete the latter after changing the recipe.
        recipe: How they learn.
    """

    def __init__(self, data: Data, encoder: Encoder, work: Path, recipe: Recipe) -> None:
        self._data = data
        self._encoder = encoder
        self._features = work / "features"
        self._networks = work / "networks"
        self._recipe = recipe

    def tested(self, left_out: LeftOut) -> Tested:
        """What a network that never heard some clips says of them."""
        file = self._networks / f"{left_out.name}-{self._recipe.seed}.npz"
        if not file.exists():
            said = partial(said_of, self.network(left_out))
            examine(said, self._data, left_out).save(file)
        return Tested.load(file)

    def network(self, left_out: LeftOut) -> EncoderTone:
        """A network that was trained on all but some clips."""
        file = self._networks / f"{left_out.name}-{self._recipe.seed}.pt"
        if not file.exists():
            log.info("training %s, seed %d", left_out.name, self._recipe.seed)
            net = self._train(np.flatnonzero(~left_out.clips))
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save(net.state_dict(), file)
        net = EncoderTone(copy.deepcopy(self._encoder), Heads(self._encoder.width))
        net.load_state_dict(torch.load(file, weights_only=True))
        return net.eval()

    def _train(self, rows: np.ndarray) -> EncoderTone:
        data, recipe = self._data, self._recipe
        untrained = [
            kept(self._encoder, sounds, self._features / f"variant{number}.npz")
            for number, sounds in enumerate(data.variants)
        ]
        heads = train_heads(data.clips, untrained, rows, recipe.heads, recipe.seed)
        start = EncoderTone(copy.deepcopy(self._encoder), heads)
        if recipe.tuning is None:
            return start
        return tune(start, data, rows, recipe.tuning, recipe.seed)


def examine(said: Said, data: Data, left_out: LeftOut) -> Tested:
    """What is said of clips that were left out, as recorded and under CONDITIONS."""
    recorded, clean = data.variants[0], np.flatnonzero(left_out.clips)
    some = _tested_rows(data)
    some = some[left_out.clips[some]]
    log_probs = {"clean": said(recorded, clean)}
    for name, change in CONDITIONS.items():
        log_probs[name] = said(changed(recorded, some, change, seed=0), np.arange(len(some)))
    return Tested({"clean": clean} | dict.fromkeys(CONDITIONS, some), log_probs)


def said_of(net: EncoderTone, sounds: Sounds, rows: np.ndarray) -> FloatArray:
    """Log-probabilities of the sounds at `rows`, (rows, 3 + 8)."""
    return score(net.heads, embed(net.encoder, sounds, rows), np.arange(len(rows)))
