"""Distort clean studio speech as telephones, rooms and microphones do.

A wave is a float array of mono samples at 16 kHz, -1…1 being full scale.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from sentivox.evaluation.work import read_audio
from sentivox.types import SAMPLE_RATE, Int16Array
from training.tone.corpus import to_int16

Rng = np.random.Generator


class Spoiler:
    """Applies a random chain of changes; the same generator state gives the same result.

    Args:
        noises: Recordings to add, mono int16 at 16 kHz; without any, only coloured noise is used.
        rooms: Room impulse responses, mono int16 at 16 kHz; without any, no reverberation.
    """

    def __init__(self, noises: Sequence[Int16Array] = (), rooms: Sequence[Int16Array] = ()) -> None:
        self._noises = [n / 32768 for n in noises]
        self._rooms = [r / 32768 for r in rooms]

    @classmethod
    def from_folder(cls, folder: Path) -> "Spoiler":
        """Use the recordings in `esc10/audio` and `rirs` under `folder`, if there are any."""
        noises = [read_audio(p) for p in sorted(folder.glob("esc10/audio/*"))]
        rooms = [read_audio(p) for p in sorted(folder.glob("rirs/*.flac"))]
        return cls(noises, rooms)

    def __call__(self, pcm: Int16Array, rng: Rng) -> Int16Array:
        """Return a distorted copy, int16; its length changes with its speed."""
        wave = pcm / 32768
        if rng.random() < 0.5:
            wave = speed(wave, rng.uniform(0.9, 1.1))
        if self._rooms and rng.random() < 0.15:
            wave = reverberate(wave, self._rooms[rng.integers(len(self._rooms))])
        if rng.random() < 0.5:
            wave = add_noise(wave, self._noise(len(wave), rng), rng.uniform(8, 30))
        if rng.random() < 0.3:
            wave = telephone(wave)
        peak = np.abs(wave).max() + 1e-9
        wave = wave / peak * 10 ** (rng.uniform(-35, 3) / 20)  # above 0 dB it clips
        return to_int16(wave)

    def _noise(self, n: int, rng: Rng) -> np.ndarray:
        if not self._noises or rng.random() < 0.5:
            return coloured_noise(n, rng.uniform(0, 2), rng)
        noise = self._noises[rng.integers(len(self._noises))]
        return np.resize(np.roll(noise, rng.integers(len(noise))), n)


def speed(wave: np.ndarray, factor: float) -> np.ndarray:
    """Change speed and pitch together, as with a tape; factor > 1 is faster and higher."""
    return soxr.resample(wave, SAMPLE_RATE * factor, SAMPLE_RATE, quality="MQ")


def reverberate(wave: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Add the reverberation of a room, given its impulse response; keeps length and power."""
    size = len(wave) + len(room) - 1
    wet = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)
    onset = int(np.abs(room).argmax())
    wet = wet[onset : onset + len(wave)]
    return wet * (_rms(wave) / (_rms(wet) + 1e-12))


def add_noise(wave: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise to speech, with `snr_db` dB between their mean powers."""
    return wave + noise * (_rms(wave) / (_rms(noise) + 1e-12) * 10 ** (-snr_db / 20))


def coloured_noise(n: int, slope: float, rng: Rng) -> np.ndarray:
    """Make n samples of noise with power falling as 1 / f**slope: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hertz = np.maximum(np.fft.rfftfreq(n, 1 / SAMPLE_RATE), 20)
    return np.fft.irfft(spectrum * hertz ** (-slope / 2), n)


def telephone(wave: np.ndarray) -> np.ndarray:
    """Simulate a telephone line: 8 kHz, 300-3400 Hz, μ-law (ITU-T G.711), and back to 16 kHz."""
    narrow = soxr.resample(wave, SAMPLE_RATE, 8000)
    spectrum = np.fft.rfft(narrow)
    hertz = np.fft.rfftfreq(len(narrow), 1 / 8000)
    narrow = np.fft.irfft(spectrum * ((hertz > 250) & (hertz < 3500)), len(narrow))
    peak = np.abs(narrow).max() + 1e-9
    curve = np.sign(narrow) * np.log1p(255 * np.abs(narrow / peak)) / np.log(256)
    coded = np.round(curve * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255 * peak
    return soxr.resample(decoded, 8000, SAMPLE_RATE)[: len(wave)]


def _rms(wave: np.ndarray) -> float:
    return float(np.sqrt(np.mean(wave**2)))
