"""Label the speech in clean recordings by their energy alone.

The labels must not depend on a voice activity detector, so they follow ITU-T P.56. The active
level of a clip is the mean power of those 8 ms frames that are less than 15.9 dB below that same
level, found by iteration. A frame is speech if it is less than MARGIN_DB below the active level, so
that weak consonants count, and more than FLOOR_DB above the clip's own noise (its 10th percentile),
so that room noise does not. Silences of up to 200 ms, P.56's hangover, belong to the speech around
them.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentivox.evaluation.vad import Bools, bridged
from sentivox.evaluation.work import read_audio
from sentivox.speech.vad import VAD_WINDOW
from sentivox.types import SAMPLE_RATE

Floats = NDArray[np.float64]

FRAME = VAD_WINDOW // 4  # samples: 8 ms
MARGIN_DB, FLOOR_DB = 30.0, 10.0
HANGOVER_S = 0.2


def read(path: Path) -> Floats:
    """Read a file as mono float at 16 kHz, full scale ±1."""
    return read_audio(path) / 32768


def frame_power(audio: Floats) -> Floats:
    """Return the mean square of each 8 ms frame, shape (frames,)."""
    whole = len(audio) - len(audio) % FRAME
    return (audio[:whole].reshape(-1, FRAME) ** 2).mean(axis=1)


def active_power(power: Floats) -> float:
    """Return P.56's active level as a power: the mean over frames less than 15.9 dB below it."""
    level = float(power.mean())
    for _ in range(50):
        level = float(power[power > level * 10**-1.59].mean())
    return level


def label(clip: Floats) -> Bools:
    """Say for each 8 ms frame of a clean clip whether it is speech, shape (frames,)."""
    power = frame_power(clip)
    weakest = active_power(power) * 10 ** (-MARGIN_DB / 10)
    floor = np.percentile(power, 10) * 10 ** (FLOOR_DB / 10)
    return bridged(power > max(weakest, floor), round(HANGOVER_S * SAMPLE_RATE / FRAME))


def lay_out(clips: Iterable[Floats], random: np.random.Generator) -> tuple[Floats, Bools]:
    """Join clips with 0.5 to 3 s of silence before each; return audio and label of each window."""
    audio, speech = list[Floats](), list[Bools]()
    for clip in clips:
        gap = int(random.integers(SAMPLE_RATE // 2, 3 * SAMPLE_RATE)) // FRAME
        audio += [np.zeros(gap * FRAME), clip[: len(clip) - len(clip) % FRAME]]
        speech += [np.zeros(gap, np.bool_), label(clip)]
    frames = np.concatenate(speech)
    frames = frames[: len(frames) - len(frames) % 4].reshape(-1, 4)
    return np.concatenate(audio)[: frames.size * FRAME], frames.mean(axis=1) >= 0.5
