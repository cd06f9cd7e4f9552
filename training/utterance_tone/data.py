"""The clips to learn from, as recorded and as disturbed copies, prepared once and kept on disk."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentivox.tone.utterance import MAX_PIECE_SAMPLES
from sentivox.types import Int16Array
from training.utterance_tone.conditions import Disturber
from training.utterance_tone.corpus import (
    CORPORA,
    Clip,
    Sounds,
    load_sounds,
    read_clips,
)

log = logging.getLogger(__name__)

Change = Callable[[Int16Array, np.random.Generator], Int16Array]
"""What is done to a sound before the model gets it."""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """All clips, and the sound of each in all variants.

    Attributes:
        clips: Their labels.
        variants: As recorded, then the disturbed copies.
    """

    clips: Sequence[Clip]
    variants: Sequence[Sounds]

    @property
    def corpora(self) -> np.ndarray:
        """The corpus of each clip."""
        return np.array([clip.corpus for clip in self.clips])


def prepare(folder: Path, cache: Path, corpora: Sequence[str] = CORPORA, copies: int = 1) -> Data:
    """Read the clips, and make the disturbed copies that are not in the cache yet.

    Args:
        folder: With `tone` and `noise` in it.
        cache: Folder to keep the sounds in; delete it after changing the recipe.
        corpora: Corpora of acted emotion to read.
        copies: Number of disturbed copies.
    """
    clips = read_clips(folder / "tone", corpora)
    clean = load_sounds(clips, cache / "clean.npz")
    disturb = Disturber.of(folder / "noise")
    variants = [clean]
    for number in range(1, copies + 1):
        file = cache / f"disturbed{number}.npz"
        if not file.exists():
            log.info("disturbed copy %d of %d", number, copies)
            changed(clean, np.arange(len(clips)), disturb, number).save(file)
        variants.append(Sounds.load(file))
    return Data(clips, variants)


def changed(sounds: Sounds, rows: np.ndarray, change: Change, seed: int) -> Sounds:
    """Changed copies of the sounds at `rows`, at most as long as the model takes at once."""
    return Sounds.of(
        [
            change(sounds[int(row)][:MAX_PIECE_SAMPLES], np.random.default_rng([seed, int(row)]))
            for row in rows
        ]
    )
