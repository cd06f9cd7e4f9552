"""Which utterances are of one speaker: leader clustering of voiceprints, as they come. Pure.

A voice is that of the enrolled speaker or of the session's speaker that it points to most nearly,
if it is near enough; else it is a new one's (Hartigan 1975, chapter 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, FloatArray

SAME: Final = 0.5
"""Cosine from which two voices are one. A convention: not fitted here, as no real weights were
at hand; models' authors name 0.3 to 0.6."""

MAX_SPEAKERS: Final = 32
"""Speakers of a session; beyond them every voice is the nearest one's."""


@dataclass(slots=True, eq=False)
class _Speaker:
    name: str
    total: DoubleArray  # sum of unit voiceprints, each by its seconds


class Speakers:
    """The speakers of one session, known and unknown.

    Args:
        known: Each enrolled speaker's voiceprints. They are not learned from.
        same: Cosine from which two voices are one.
    """

    def __init__(
        self, known: Mapping[str, Sequence[FloatArray]] | None = None, same: float = SAME
    ) -> None:
        self._same = same
        self._known = [
            _Speaker(name, np.sum([_unit(one) for one in prints], axis=0))
            for name, prints in (known or {}).items()
            if prints
        ]
        self._met: list[_Speaker] = []

    def name(self, voiceprint: FloatArray, seconds: float) -> str | None:
        """Whose voice it is: a name, or S1, S2 … in the order in which they first spoke.

        Call it with the session's utterances in their order. None: the vector has no direction.

        Args:
            voiceprint: Shape (dim,), of any length.
            seconds: Of speech behind it; so much it counts in its speaker's voice.
        """
        voice = _unit(voiceprint)
        if not voice.any():
            return None
        near, speaker = _nearest(self._known, voice)
        if speaker is not None and near >= self._same:
            return speaker.name
        near, speaker = _nearest(self._met, voice)
        if speaker is None or (near < self._same and len(self._met) < MAX_SPEAKERS):
            speaker = _Speaker(f"S{len(self._met) + 1}", np.zeros_like(voice))
            self._met.append(speaker)
        speaker.total = speaker.total + seconds * voice
        return speaker.name


def _nearest(speakers: Sequence[_Speaker], voice: DoubleArray) -> tuple[float, _Speaker | None]:
    """The speaker whose mean voice it points to most nearly, and its cosine; first of equals."""
    best: tuple[float, _Speaker | None] = (-2.0, None)
    for speaker in speakers:
        near = float(_unit(speaker.total) @ voice)
        if near > best[0]:
            best = near, speaker
    return best


def _unit(vector: FloatArray | DoubleArray) -> DoubleArray:
    """The vector's direction; zeros where it has none."""
    wide = np.asarray(vector, np.float64)
    largest = np.abs(wide).max(initial=0.0)
    if not np.isfinite(largest) or largest == 0:
        return np.zeros_like(wide)
    wide = wide / largest  # so that no square overflows
    return wide / np.sqrt(wide @ wide)
