"""Synthetic sounds without words: mono int16 at 16 kHz.

Silence, noises, tones, music, breath, coughs and taps, each from a seed. They are only rough
imitations, which is enough to see whether a recogniser finds words in them.

The functions in KINDS take a random generator and a number of samples, and return that many
samples, -1…1 being full scale.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.types import SAMPLE_RATE, Int16Array

Sound = NDArray[np.float64]


def silence(rng: np.random.Generator, samples: int) -> Sound:
    """Make the hiss of a good microphone, about -75 dBFS."""
    return rng.normal(0, 6 / 32768, samples)


def white(rng: np.random.Generator, samples: int) -> Sound:
    """Make white noise."""
    return rng.normal(0, 0.1, samples)


def pink(rng: np.random.Generator, samples: int) -> Sound:
    """Make pink noise: its power is inversely proportional to the frequency."""
    spectrum = np.fft.rfft(rng.normal(size=samples))
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    return scaled(np.fft.irfft(spectrum, samples), 0.3)


def tones(rng: np.random.Generator, samples: int) -> Sound:
    """Make telephone tones: two frequencies, on and off."""
    at = np.arange(samples) / SAMPLE_RATE
    low, high = rng.choice([350, 440, 480, 620, 697, 770, 852, 941], 2, replace=False)
    on = (at % rng.uniform(0.4, 1.5)) < rng.uniform(0.2, 0.4)
    return 0.2 * on * (np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at))


def music(rng: np.random.Generator, samples: int) -> Sound:
    """Make plucked chords over a bass, one on every beat."""
    out = np.zeros(samples)
    beat = round(60 / rng.uniform(80, 140) * SAMPLE_RATE)
    for start in range(0, samples, beat):
        root = 110 * 2 ** (rng.choice([0, 3, 5, 7, 8]) / 12)
        at = np.arange(samples - start) / SAMPLE_RATE
        for interval in (-12, 0, 4, 7, rng.choice([10, 12, 14])):
            hertz = root * 2 ** (interval / 12)
            for harmonic in range(1, 6):
                decay = np.exp(-at * (2 + harmonic))
                out[start:] += decay * np.sin(2 * np.pi * hertz * harmonic * at) / harmonic
    return scaled(out, 0.5)


def breath(rng: np.random.Generator, samples: int) -> Sound:
    """Make breathing: noise in a wide band that swells and fades."""
    at = np.arange(samples) / SAMPLE_RATE
    swell = np.clip(np.sin(2 * np.pi * rng.uniform(0.3, 0.6) * at), 0, None) ** 2
    return scaled(band(rng, samples, 300, 3500) * swell, 0.2)


def cough(rng: np.random.Generator, samples: int) -> Sound:
    """Make coughs: bursts of noise with vocal tract resonances, and a hoarse voice at the end."""
    out = np.zeros(samples)
    start = round(rng.uniform(0.2, 0.6) * SAMPLE_RATE)
    while start < samples - SAMPLE_RATE // 2:
        size = round(rng.uniform(0.2, 0.4) * SAMPLE_RATE)
        at = np.arange(size) / SAMPLE_RATE
        burst = band(rng, size, 400, 1200) + band(rng, size, 1500, 4000)
        voice = np.sign(np.sin(2 * np.pi * rng.uniform(120, 220) * at)) * (at > at[-1] / 2)
        out[start : start + size] += (scaled(burst, 1.0) + 0.2 * voice) * np.exp(-at * 9)
        start += size + round(rng.uniform(0.1, 1.2) * SAMPLE_RATE)
    return scaled(out, 0.7)


def taps(rng: np.random.Generator, samples: int) -> Sound:
    """Make taps like those of a keyboard or of a pen on a desk."""
    out = np.zeros(samples)
    for start in rng.integers(0, samples - 2000, round(samples / SAMPLE_RATE * 6)):
        out[start : start + 2000] += rng.normal(size=2000) * np.exp(-np.arange(2000) / 120)
    return scaled(out, 0.5)


KINDS: Final[dict[str, Callable[[np.random.Generator, int], Sound]]] = {
    "silence": silence,
    "white": white,
    "pink": pink,
    "tones": tones,
    "music": music,
    "breath": breath,
    "cough": cough,
    "taps": taps,
}
"""Name of a kind of sound -> the function that makes it."""


def make(kind: str, seed: int, seconds: float) -> Int16Array:
    """Make a sound of one kind (a key of KINDS); the same seed gives the same sound."""
    sound = KINDS[kind](np.random.default_rng(seed), round(seconds * SAMPLE_RATE))
    return np.clip(sound * 32767, -32768, 32767).astype(np.int16)


def band(rng: np.random.Generator, samples: int, low: float, high: float) -> Sound:
    """Make noise between two frequencies in Hz."""
    spectrum = np.fft.rfft(rng.normal(size=samples))
    hertz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    return np.fft.irfft(spectrum, samples)


def scaled(sound: Sound, peak: float) -> Sound:
    """Scale a sound to this peak, 1 being full scale."""
    return sound * (peak / max(float(np.abs(sound).max()), 1e-9))
