"""Whole clips, prepared like live utterances: trimmed, and cut into the same windows.

Training and evaluation use recordings of one utterance each. Both prepare them here, so that their
results apply to serving.
"""

from typing import Final

import numpy as np

from sentivox.audio.highpass import high_passed
from sentivox.tone.mfcc import CEPSTRA, MFCC_FRAME, MFCC_HOP, mfcc
from sentivox.types import SAMPLE_RATE, Int16Array

STEP_FRAMES: Final = 50
"""Frames from one window to the next: 500 ms, as in serving."""

MAX_WINDOW_FRAMES: Final = 300
"""Frames in the longest window: 3 s."""


def trim(pcm: Int16Array, *, below_peak_db: float = 30.0) -> Int16Array:
    """The speech in a clip with the margins of a live utterance, high-pass filtered.

    Studio clips have a second of silence that a live utterance, cut by the endpointer, lacks.
    Speech is where the mean log mel energy is within `below_peak_db` of the loudest frame. 300 ms
    before it and 200 ms after it are kept.

    Args:
        pcm: Shape (n,), mono int16 at 16 kHz.
        below_peak_db: Threshold of speech, in dB below the loudest frame.

    Returns:
        Shape (m,), mono int16 at 16 kHz.
    """
    pcm = high_passed(pcm)
    level = mfcc(pcm)[:, 0] / np.sqrt(CEPSTRA)  # C0 is sqrt(CEPSTRA) times the mean log energy
    loud = np.flatnonzero(level > level.max() - below_peak_db / 10 * np.log(10))
    start = int(loud[0]) * MFCC_HOP - int(0.3 * SAMPLE_RATE)
    stop = int(loud[-1]) * MFCC_HOP + MFCC_FRAME + int(0.2 * SAMPLE_RATE)
    return pcm[max(0, start) : stop]


def window_bounds(frames: int) -> list[tuple[int, int]]:
    """The windows that serving would score, as frames [start, stop).

    There is one every 500 ms, growing from the start of the clip up to 3 s, then sliding.

    Args:
        frames: Number of frames in the clip, at least 1.
    """
    stops = list(range(STEP_FRAMES, frames + 1, STEP_FRAMES)) or [frames]
    return [(max(0, stop - MAX_WINDOW_FRAMES), stop) for stop in stops]
