"""Heads that leave speakers out, and what they say of those that they never heard.

Every choice of the recipe is made on these: a whole corpus is left out, so that voices, language,
microphones and manner of acting are all strange to the heads. The RAVDESS folds leave out four
actors each.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.tone.augment import add_noise, coloured_noise, telephone
from training.tone.corpus import FOLDS, fold_speakers, to_int16
from training.utterance_tone.corpus import CORPORA
from training.utterance_tone.data import Change, Data, changed
from training.utterance_tone.embed import Embedded, embed
from training.utterance_tone.fit import HeadsConfig, score, train_heads
from training.utterance_tone.heads import Heads
from training.utterance_tone.network import Encoder

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

MOST_CHANGED: Final = 400
"""Most clips of a corpus that are tested under a condition other than "clean"."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What the layers make of all clips.

    Attributes:
        variants: Of all clips, as recorded and as disturbed copies.
        rows: Indices of the clips that are tested under CONDITIONS.
        conditions: Of these clips, by the name of the condition.
    """

    variants: list[Embedded]
    rows: np.ndarray
    conditions: Mapping[str, Embedded]

    @classmethod
    def of(cls, data: Data, encoder: Encoder, folder: Path) -> "Features":
        """Compute them, or read what an earlier run left in the folder."""
        variants = [
            embed(encoder, sounds, folder / f"variant{number}.npz")
            for number, sounds in enumerate(data.variants)
        ]
        rows, conditions = _tested_rows(data), {}
        for number, (name, change) in enumerate(CONDITIONS.items()):
            sounds = changed(data.variants[0], rows, change, seed=0)
            conditions[name] = embed(encoder, sounds, folder / f"condition{number}.npz")
        return cls(variants, rows, conditions)


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
    """What heads say of clips whose speakers they never heard.

    Attributes:
        rows: Indices of the clips, by condition.
        log_probs: Shape (rows, 3 + 8), by condition.
    """

    rows: Mapping[str, np.ndarray]
    log_probs: Mapping[str, FloatArray]


class Study:
    """Trains and tests heads, each once: what is in the folder already is read from there.

    Args:
        data: The clips.
        features: What the layers make of them.
        folder: Keeps the heads; delete it after changing the recipe.
        config: How the heads learn.
        seed: Of the heads.
    """

    def __init__(
        self, data: Data, features: Features, folder: Path, config: HeadsConfig, seed: int = 0
    ) -> None:
        self._data = data
        self._features = features
        self._folder = folder
        self._config = config
        self._seed = seed

    def without_corpora(self) -> dict[str, Tested]:
        """Each corpus of acted emotion tested by heads that were trained on the others."""
        corpora = self._data.corpora
        return {
            corpus: self._tested(f"without-{corpus}", corpora == corpus)
            for corpus in CORPORA
            if (corpora == corpus).any()
        }

    def folds(self) -> dict[str, Tested]:
        """Each fold of RAVDESS actors tested by heads that were trained on everybody else."""
        return {
            f"fold {number + 1}": self._tested(f"fold{number}", self._of_fold(number))
            for number in range(len(FOLDS))
        }

    def heads_without_fold(self, fold: int) -> Heads:
        """Heads that were trained on everybody but the actors of a fold."""
        return self._heads(f"fold{fold}", self._of_fold(fold))

    def _of_fold(self, fold: int) -> np.ndarray:
        names = {f"ravdess/{speaker}" for speaker in fold_speakers(fold)}
        return np.array([clip.speaker in names for clip in self._data.clips])

    def _tested(self, name: str, out: np.ndarray) -> Tested:
        heads, features, clean = self._heads(name, out), self._features, np.flatnonzero(out)
        places = np.flatnonzero(out[features.rows])
        return Tested(
            {"clean": clean} | dict.fromkeys(CONDITIONS, features.rows[places]),
            {"clean": score(heads, features.variants[0], clean)}
            | {name: score(heads, one, places) for name, one in features.conditions.items()},
        )

    def _heads(self, name: str, out: np.ndarray) -> Heads:
        file = self._folder / f"{name}-{self._seed}.pt"
        variants, rows = self._features.variants, np.flatnonzero(~out)
        if not file.exists():
            log.info("training %s, seed %d", name, self._seed)
            heads = train_heads(self._data.clips, variants, rows, self._config, self._seed)
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save(heads.state_dict(), file)
        heads = Heads(variants[0].steps.shape[1])
        heads.load_state_dict(torch.load(file, weights_only=True))
        return heads.eval()
