"""Whether raw bytes sound like audio in the encoding they are read in, or rather in another.

Audio changes little from one sample to the next; bytes read in a wrong encoding jump about like
white noise. The measure is the von Neumann ratio, mean((x[i+1] - x[i])²) / var(x): 2 for white
noise, well under 1 for speech and music. Where a window is noise as it is read, and smooth in
another reading, it is audio in that one. Noise itself (rain, hiss, a fricative) is smooth in none.

NumPy only; no state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.g711 import alaw_table, mulaw_table
from sentivox.audio.pcm import AudioFormat
from sentivox.types import FloatArray

PLAUSIBLE: Final = "plausible"
"""What it is read as may be right."""

COMPRESSED: Final = "compressed or encrypted data"
TWO_CHANNELS: Final = "two channels"
FLOATS_TOO_LARGE: Final = "float32 in the range of 16-bit samples (±32768)"

SMOOTH: Final = 0.6
"""Von Neumann ratio below which something is no noise."""

CERTAIN: Final = 0.45
"""Ratio below which a window is audio as it is read; noise floors of wrong readings are above."""

NOISY: Final = (1.2, 2.6)
"""Ratios of what may be a wrong reading; above, energy lies near half the sample rate."""

QUIET: Final = 0.01
"""Root mean square, of full scale, below which nothing is judged."""

_FILLED: Final = 0.35
"""Mean magnitude over root mean square: 0.8 for noise, 0.5 to 0.7 for speech, 0 for a click."""

_SILENT: Final = 0.0005
"""Root mean square, of full scale, that another reading must have to be heard as audio."""

_DECIMATING: Final = frozenset({"24-bit", "32-bit"})
"""Readings that take every other value of 16-bit samples: near half the rate those beat slowly."""

_UNIFORM_BITS: Final = {"linear16": 7.8, "mulaw": 7.9, "alaw": 7.9, "linear32f": 7.9}
"""Entropy beyond which all values come equally often, as in compressed data."""

_UNIFORM_LOUDNESS: Final = {"linear16": 0.5, "mulaw": 0.25, "alaw": 0.25, "linear32f": 0.0}
"""Root mean square, of full scale, that they have then; speech of evenly spread codes has less."""

_ALL: Final = slice(None)
_HIGH: Final = slice(1, None, 2)

_DENORMAL: Final = 1e-36
"""Floats so small come of bytes that are none."""

_WILD: Final = 8.0
"""No float sample of full scale 1 is larger, whatever overshoots."""

Reading = Callable[[bytes], FloatArray]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a window sounds like.

    Attributes:
        sounds: PLAUSIBLE, the name of another encoding, COMPRESSED, or None: it cannot be told.
        ratio: Von Neumann ratio, as it was read.
        paired: Each sample comes twice, as of two equal channels.
    """

    sounds: str | None
    ratio: float = 0.0
    paired: bool = False


def judge(window: bytes, audio: AudioFormat) -> Judgement:
    """Judge a window of a stream.

    Args:
        window: Whole frames; their number of bytes is a multiple of 24.
        audio: What they are said to be.
    """
    samples = _READINGS[audio.encoding](window)
    if audio.encoding == "linear32f":
        if told := _judge_floats(samples):
            other = None if told == FLOATS_TOO_LARGE else _other(window, audio, 2.0)
            return Judgement(other or told)
        samples = _tame(samples)
    mono = samples[:: audio.channels]
    rms, ratio = _measure(mono)
    if rms < QUIET or ratio > NOISY[1]:
        return Judgement(None)
    if other := _other(window, audio, ratio):
        return Judgement(other)
    if ratio < CERTAIN:
        paired = bool(np.count_nonzero(mono[::2] == mono[1::2]) > 0.99 * len(mono) / 2)
        return Judgement(PLAUSIBLE, ratio, paired)
    return Judgement(_noise(window, audio, mono, rms) if ratio > NOISY[0] else None)


def _noise(window: bytes, audio: AudioFormat, samples: FloatArray, rms: float) -> str | None:
    """What noise may be, where it is no noise of this world."""
    if audio.channels == 1 and _one_side(samples):
        return TWO_CHANNELS
    loud = rms > _UNIFORM_LOUDNESS[audio.encoding]
    return COMPRESSED if loud and _uniform(window, audio) else None


def _one_side(samples: FloatArray) -> bool:
    """Whether every other sample is audio and those between are quiet: a channel nobody uses."""
    (soft, _), (loud, ratio) = sorted((_measure(samples[::2]), _measure(samples[1::2])))
    return soft < loud / 4 and ratio < SMOOTH


def _judge_floats(samples: FloatArray) -> str | None:
    """What is wrong with them as floats of full scale 1, if anything."""
    heard = samples[samples != 0]
    if len(heard) < len(samples) / 10:
        return None
    size = np.abs(heard)
    wild = float(np.mean(~(size <= _WILD)))  # NaN among them
    tiny = float(np.mean(size < _DENORMAL))
    if wild < 0.05 and tiny < 0.9:
        return None
    if bool(np.isfinite(heard).all()) and size.max() <= 1.5 * 32768 and tiny < 0.01:
        _, ratio = _measure(samples)
        return FLOATS_TOO_LARGE if ratio < NOISY[0] else None
    return COMPRESSED


def _other(window: bytes, audio: AudioFormat, ratio: float) -> str | None:
    """The reading in which the window is smooth, the smoothest if there are several."""
    if audio.encoding == "linear16" and _sign_extended(window):
        return "16-bit big-endian"
    noisy = ratio > NOISY[0] and audio.channels == 1
    best, found = min(SMOOTH, ratio / 2.5), None
    for name, read in _READINGS.items():
        if name == audio.encoding or (name in _DECIMATING and (found or not noisy)):
            continue
        mono = read(window)[:: audio.channels]
        if np.mean(np.abs(mono) <= 2.0) < 0.999:
            continue
        rms, other = _measure(_tame(mono))
        if rms > _SILENT and other < best:
            best, found = other, name
    if found == "32-bit" and not _halves_differ(window):
        return None
    return found


def _tame(samples: FloatArray) -> FloatArray:
    """The same, with 0 for what is no sample: NaN, infinity, and far beyond full scale."""
    return np.where(np.abs(samples) <= _WILD, samples, np.float32(0))


def _measure(samples: FloatArray) -> tuple[float, float]:
    """Root mean square of what changes, and von Neumann ratio.

    (0, 0) where nothing changes, or only a click does, which is neither smooth nor noise.
    """
    centred = samples - samples.mean(dtype=np.float64).astype(np.float32)
    variance = float(np.mean(np.square(centred), dtype=np.float64))
    if not 0 < variance < np.inf or float(np.abs(centred).mean()) < _FILLED * variance**0.5:
        return 0.0, 0.0
    step = float(np.mean(np.square(np.diff(centred)), dtype=np.float64))
    return variance**0.5, step / variance


def _sign_extended(window: bytes) -> bool:
    """Whether every first byte is 0x00 or 0xFF: the high byte of a quiet big-endian sample."""
    first, second = window[::2], window[1::2]
    zeros, ones = first.count(0), first.count(255)
    enough = len(first) / 20
    return zeros > enough < ones and zeros + ones == len(first) and len(set(second)) > 8


def _halves_differ(window: bytes) -> bool:
    """Whether even and odd 16-bit words differ in loudness, as no samples in a row do."""
    words = _int16(window)
    even, odd = _measure(words[::2])[0], _measure(words[1::2])[0]
    return not 0.7 < (even + 1e-9) / (odd + 1e-9) < 1.4


def _uniform(window: bytes, audio: AudioFormat) -> bool:
    """Whether all values come equally often: the high bytes of 16-bit samples, or all bytes."""
    data = np.frombuffer(window, np.uint8)[_HIGH if audio.encoding == "linear16" else _ALL]
    counts = np.bincount(data, minlength=256)
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum()) > _UNIFORM_BITS[audio.encoding]


def _int16(window: bytes) -> FloatArray:
    return _scaled("<i2", 32768)(window)


def _int24(window: bytes) -> FloatArray:
    wide = np.zeros((len(window) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(window, np.uint8).reshape(-1, 3)
    return np.divide(wide.reshape(-1).view("<i4"), 2**31, dtype=np.float32)


def _table(table: NDArray[np.int16]) -> Reading:
    return lambda window: np.divide(table[np.frombuffer(window, np.uint8)], 32768, dtype=np.float32)


def _scaled(kind: str, full: float) -> Reading:
    def read(window: bytes) -> FloatArray:
        with np.errstate(over="ignore", invalid="ignore"):
            samples = np.frombuffer(window, kind).astype(np.float32)
            return np.divide(samples, full, dtype=np.float32)

    return read


_READINGS: Final[Mapping[str, Reading]] = {
    "linear16": _int16,
    "16-bit big-endian": _scaled(">i2", 32768),
    "linear32f": _scaled("<f4", 1),
    "float32 big-endian": _scaled(">f4", 1),
    "float64": _scaled("<f8", 1),
    "mulaw": _table(mulaw_table()),
    "alaw": _table(alaw_table()),
    "8-bit unsigned": lambda window: np.subtract(_scaled("u1", 128)(window), 1, dtype=np.float32),
    "24-bit": _int24,
    "32-bit": _scaled("<i4", 2**31),
}
