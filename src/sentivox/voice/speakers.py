"""Tell the speakers of a session apart, by leader clustering of voiceprints as they arrive.

A voiceprint belongs to the enrolled speaker whose voice is nearest by cosine, if that is near
enough; else to the nearest unknown speaker of the session, if that is near enough; else to a new
one (Hartigan 1975, chapter 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.types import DoubleArray, FloatArray

SAME_SPEAKER_COSINE: Final = 0.5
"""Cosine from which two voices are of one speaker. It is a convention and not fitted to data; the
authors of models recommend 0.3 to 0.6."""

MAX_SPEAKERS: Final = 32
"""Most unknown speakers of a session; after that, every voice belongs to the nearest of them."""


@dataclass(slots=True, eq=False)
class _Speaker:
    """A speaker's name and voice."""

    name: str
    total: DoubleArray  # sum of unit voiceprints, weighted by seconds of speech


class Speakers:
    """The speakers of one session, known and unknown.

    Args:
        known: The voiceprints of each enrolled speaker. Those speakers' utterances do not change
            them.
        same: Cosine from which two voices are of one speaker.
    """

    def __init__(
        self,
        known: Mapping[str, Sequence[FloatArray]] | None = None,
        same: float = SAME_SPEAKER_COSINE,
    ) -> None:
        self._same = same
        self._known = [
            _Speaker(name, np.sum([_unit(one) for one in prints], axis=0))
            for name, prints in (known or {}).items()
            if prints
        ]
        self._met: list[_Speaker] = []

    def name(self, voiceprint: FloatArray, seconds: float) -> str | None:
        """Name the speaker of the session's next utterance.

        Args:
            voiceprint: Shape (dim,), not necessarily normalised.
            seconds: Seconds of speech in the utterance, its weight in the speaker's voice.

        Returns:
            An enrolled name, or S1, S2 … in the order in which unknown speakers first spoke; None
            if the vector is zero or not finite.
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
    """Return the highest cosine with a speaker's mean voice, and the (first) speaker."""
    best: tuple[float, _Speaker | None] = (-2.0, None)
    for speaker in speakers:
        near = float(_unit(speaker.total) @ voice)
        if near > best[0]:
            best = near, speaker
    return best


def _unit(vector: FloatArray | DoubleArray) -> DoubleArray:
    """Return the vector at length 1; zeros if it is zero or not finite."""
    wide = np.asarray(vector, np.float64)
    largest = np.abs(wide).max(initial=0.0)
    if not np.isfinite(largest) or largest == 0:
        return np.zeros_like(wide)
    wide = wide / largest  # so that no square overflows
    return wide / np.sqrt(wide @ wide)
