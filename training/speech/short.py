"""Cut single words out of speech and equally short bursts out of noises.

Both are cut in the same way, so that neither the cut nor its length tells them apart.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.tone.augment import Rng, coloured_noise
from training.tone.corpus import to_int16

SECONDS: Final = (0.16, 0.65)
"""Shortest and longest piece."""

_FRAME: Final = SAMPLE_RATE // 100
_NEAR_DB: Final = 10.0  # a piece starts from a frame less than this below the loudest
_FADED_DB: Final = 22.0  # a piece ends where the level is this far below its first frame
_FADE_S: Final = 0.02
_BEFORE_S: Final = (0.25, 0.4)  # silence before the piece: shortest and longest
_AFTER_S: Final = (0.15, 0.4)  # the same after it
_HISS_DB: Final = (20.0, 55.0)  # the level of the hiss below that of the piece


def pieces(audio: Int16Array, rng: Rng, most: int) -> Iterator[Int16Array]:
    """Cut at most `most` short pieces of a recording (mono int16 at 16 kHz), each within hiss."""
    levels = _levels(audio)
    for _ in range(most):
        start, end = _bounds(levels, rng)
        if (end - start) * _FRAME >= SECONDS[0] * SAMPLE_RATE:
            yield _alone(audio[start * _FRAME : end * _FRAME], rng)


def _levels(audio: Int16Array) -> FloatArray:
    """Return the level in dB of each frame of 10 ms, smoothed over 30 ms; shape (frames,)."""
    whole = len(audio) - len(audio) % _FRAME
    power = np.square(audio[:whole].reshape(-1, _FRAME) / 32768).mean(axis=1)
    smooth = np.convolve(power, np.ones(3) / 3, mode="same")
    return (10 * np.log10(smooth + 1e-10)).astype(np.float32)


def _bounds(levels: FloatArray, rng: Rng) -> tuple[int, int]:
    """Choose a loud frame at random and extend it to a random length, or until both sides fade."""
    loud = np.flatnonzero(levels >= levels.max() - _NEAR_DB)
    start = int(rng.choice(loud))
    end, size = start + 1, 100 * rng.uniform(*SECONDS)
    faded = float(levels[start]) - _FADED_DB
    while end - start < size:
        before = float(levels[start - 1]) if start > 0 else -np.inf
        after = float(levels[end]) if end < len(levels) else -np.inf
        if max(before, after) < faded:
            break
        if before > after:
            start -= 1
        else:
            end += 1
    return start, end


def _alone(piece: Int16Array, rng: Rng) -> Int16Array:
    """Fade a piece in and out and put it into hiss, with margins like those of a stream."""
    fade = np.linspace(0, 1, round(_FADE_S * SAMPLE_RATE))
    cut = piece / 32768
    cut[: fade.size] *= fade
    cut[-fade.size :] *= fade[::-1]
    before, after = (round(rng.uniform(*s) * SAMPLE_RATE) for s in (_BEFORE_S, _AFTER_S))
    whole = np.pad(cut, (before, after))
    hiss = coloured_noise(len(whole), rng.uniform(0, 2), rng)
    level = np.sqrt(np.mean(cut**2)) * 10 ** (-rng.uniform(*_HISS_DB) / 20)
    return to_int16(whole + hiss * (level / np.sqrt(np.mean(hiss**2))))
