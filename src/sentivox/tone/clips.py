"""Whole clips as a live utterance would have been heard: trimmed, in windows that grow.

Training and evaluation judge recordings of one utterance each; both come through here, so that
their figures are of what serving does.
"""

from typing import Final

import numpy as np

from sentivox.audio.highpass import high_passed
from sentivox.tone.mfcc import CEPSTRA, FRAME, HOP, mfcc
from sentivox.types import SAMPLE_RATE, Int16Array

STEP: Final = 50
"""Frames between windows: serving scores one every 500 ms."""

LONGEST: Final = 300
"""Frames of the longest window: 3 s."""


def trim(pcm: Int16Array, *, below_peak_db: float = 30.0) -> Int16Array:
    """The part that speaks, with the margins serving leaves round an utterance, high-passed.

    Studio clips carry a second of silence that a live utterance, cut by the endpointer, lacks.
    Speech is where the mean log mel energy is within `below_peak_db` of the clip's loudest frame;
    300 ms before and 200 ms after it stay.

    Args:
        pcm: shape (n,), mono int16 at 16 kHz.
        below_peak_db: how far below the loudest frame speech still counts.
    """
    pcm = high_passed(pcm)
    level = mfcc(pcm)[:, 0] / np.sqrt(CEPSTRA)  # C0 is sqrt(CEPSTRA) times the mean log energy
    loud = np.flatnonzero(level > level.max() - below_peak_db / 10 * np.log(10))
    start = int(loud[0]) * HOP - int(0.3 * SAMPLE_RATE)
    stop = int(loud[-1]) * HOP + FRAME + int(0.2 * SAMPLE_RATE)
    return pcm[max(0, start) : stop]


def windows(frames: int) -> list[tuple[int, int]]:
    """The windows serving scores: one each 500 ms, growing from the start to 3 s, then sliding.

    Args:
        frames: of the clip, at least 1.
    """
    stops = list(range(STEP, frames + 1, STEP)) or [frames]
    return [(max(0, stop - LONGEST), stop) for stop in stops]
