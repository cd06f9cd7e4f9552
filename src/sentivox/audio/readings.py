"""Judge whether raw bytes are audio in the announced encoding, or rather in another.

Audio changes little from one sample to the next, but bytes read in a wrong encoding jump about
like white noise. The measure is the von Neumann ratio, mean((x[i+1] - x[i])²) / var(x): 2 for
white noise, well under 1 for speech and music. A window that is noise in the announced encoding
and smooth in another is audio in the other. Real noise (rain, hiss, a fricative) is smooth in none.
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
"""Verdict on bytes that may be audio in the announced encoding."""

COMPRESSED: Final = "compressed or encrypted data"
TWO_CHANNELS: Final = "two channels"
FLOATS_TOO_LARGE: Final = "float32 in the range of 16-bit samples (±32768)"

SMOOTH_RATIO: Final = 0.6
"""Von Neumann ratio below which a signal is not noise."""

CERTAIN_RATIO: Final = 0.45
"""Von Neumann ratio below which a window is audio in the announced encoding. Noise floors read in
a wrong encoding lie above it."""

NOISY_RATIOS: Final = (1.2, 2.6)
"""Range of von Neumann ratios of a possible wrong encoding. Above it, the energy of real audio
lies near half the sample rate."""

QUIET_RMS: Final = 0.01
"""Root mean square, of full scale, below which a window is not judged."""

_FILLED: Final = 0.35
"""Least mean magnitude over root mean square of a signal. Noise has 0.8, speech 0.5 to 0.7, a
click about 0."""

_SILENT: Final = 0.0005
"""Root mean square, of full scale, above which a window in another encoding counts as audio."""

_DECIMATING: Final = frozenset({"24-bit", "32-bit"})
"""Encodings that take every other value of 16-bit samples. Near half the sample rate those values
change slowly, so they look smooth."""

_UNIFORM_BITS: Final = {"linear16": 7.8, "mulaw": 7.9, "alaw": 7.9, "linear32f": 7.9}
"""Entropy in bits per byte above which all values are about equally frequent, as in compressed
data."""

_UNIFORM_LOUDNESS: Final = {"linear16": 0.5, "mulaw": 0.25, "alaw": 0.25, "linear32f": 0.0}
"""Root mean square, of full scale, that equally frequent values exceed; speech whose values are
about as evenly spread has less."""

_ALL: Final = slice(None)
_HIGH: Final = slice(1, None, 2)

_DENORMAL: Final = 1e-36
"""Magnitude below which a float comes from bytes of another type."""

_WILD: Final = 8.0
"""Largest magnitude of a float sample of full scale 1, with overshoot."""

Reading = Callable[[bytes], FloatArray]
"""Converts bytes to samples of full scale -1…1, shape (n,), channels interleaved."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a window sounds like.

    Attributes:
        sounds: PLAUSIBLE, the name of another encoding, TWO_CHANNELS, FLOATS_TOO_LARGE or
            COMPRESSED; None if it cannot be told.
        ratio: Von Neumann ratio in the announced encoding.
        paired: Whether each sample comes twice, as in two equal channels.
    """

    sounds: str | None
    ratio: float = 0.0
    paired: bool = False


def judge_window(window: bytes, audio: AudioFormat) -> Judgement:
    """Judge a window of a stream.

    Args:
        window: Whole frames; the number of bytes is a multiple of 24.
        audio: The announced format.
    """
    samples = _READINGS[audio.encoding](window)
    if audio.encoding == "linear32f":
        if told := _judge_floats(samples):
            other = None if told == FLOATS_TOO_LARGE else _other(window, audio, 2.0)
            return Judgement(other or told)
        samples = _tame(samples)
    mono = samples[:: audio.channels]
    rms, ratio = _measure(mono)
    if rms < QUIET_RMS or ratio > NOISY_RATIOS[1]:
        return Judgement(None)
    if other := _other(window, audio, ratio):
        return Judgement(other)
    if ratio < CERTAIN_RATIO:
        paired = bool(np.count_nonzero(mono[::2] == mono[1::2]) > 0.99 * len(mono) / 2)
        return Judgement(PLAUSIBLE, ratio, paired)
    return Judgement(_noise(window, audio, mono, rms) if ratio > NOISY_RATIOS[0] else None)


def _noise(window: bytes, audio: AudioFormat, samples: FloatArray, rms: float) -> str | None:
    """Name what a noise-like window may be; None if it may be real noise."""
    if audio.channels == 1 and _one_side(samples):
        return TWO_CHANNELS
    loud = rms > _UNIFORM_LOUDNESS[audio.encoding]
    return COMPRESSED if loud and _uniform(window, audio) else None


def _one_side(samples: FloatArray) -> bool:
    """Whether every other sample is audio and those between are quiet, as an unused channel is."""
    (soft, _), (loud, ratio) = sorted((_measure(samples[::2]), _measure(samples[1::2])))
    return soft < loud / 4 and ratio < SMOOTH_RATIO


def _judge_floats(samples: FloatArray) -> str | None:
    """Name what is wrong with samples as floats of full scale 1; None if nothing is."""
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
        return FLOATS_TOO_LARGE if ratio < NOISY_RATIOS[0] else None
    return COMPRESSED


def _other(window: bytes, audio: AudioFormat, ratio: float) -> str | None:
    """Name the encoding other than the announced one in which the window is smoothest, if any."""
    if audio.encoding == "linear16" and _sign_extended(window):
        return "16-bit big-endian"
    noisy = ratio > NOISY_RATIOS[0] and audio.channels == 1
    best, found = min(SMOOTH_RATIO, ratio / 2.5), None
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
    """Replace NaN, infinity and values far beyond full scale by 0."""
    return np.where(np.abs(samples) <= _WILD, samples, np.float32(0))


def _measure(samples: FloatArray) -> tuple[float, float]:
    """Return the root mean square without the offset, and the von Neumann ratio.

    Both are 0 for a constant and for a click, which is neither smooth nor noise.
    """
    centred = samples - samples.mean(dtype=np.float64).astype(np.float32)
    variance = float(np.mean(np.square(centred), dtype=np.float64))
    if not 0 < variance < np.inf or float(np.abs(centred).mean()) < _FILLED * variance**0.5:
        return 0.0, 0.0
    step = float(np.mean(np.square(np.diff(centred)), dtype=np.float64))
    return variance**0.5, step / variance


def _sign_extended(window: bytes) -> bool:
    """Whether every first byte is 0x00 or 0xFF, as the high byte of a quiet big-endian sample."""
    first, second = window[::2], window[1::2]
    zeros, ones = first.count(0), first.count(255)
    enough = len(first) / 20
    return zeros > enough < ones and zeros + ones == len(first) and len(set(second)) > 8


def _halves_differ(window: bytes) -> bool:
    """Whether even and odd 16-bit words differ in loudness, as successive samples never do."""
    words = _int16(window)
    even, odd = _measure(words[::2])[0], _measure(words[1::2])[0]
    return not 0.7 < (even + 1e-9) / (odd + 1e-9) < 1.4


def _uniform(window: bytes, audio: AudioFormat) -> bool:
    """Whether all bytes (of 16-bit samples the high ones) are about equally frequent."""
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
