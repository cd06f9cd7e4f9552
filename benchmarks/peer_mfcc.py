"""MFCC as one would write them with NumPy alone, after librosa: a whole clip at a time.

The same numbers as ours (Kaldi's settings, within float32), so that only the way differs: this
one computes every frame of the window again at every update, ours each frame once.
"""

from functools import cache

import numpy as np

from sentivox.tone.mfcc import CEPSTRA, FRAME, HIGH_HZ, HOP, LOW_HZ, PREEMPHASIS
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

FFT = 512


def numpy_mfcc(pcm: Int16Array) -> FloatArray:
    """Shape (1 + (n - FRAME) // HOP, CEPSTRA)."""
    samples = pcm.astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate((frames[:, :1], frames[:, :-1]), axis=1)
    spectrum = np.fft.rfft((frames - np.float32(PREEMPHASIS) * before) * window(), FFT)
    power = (spectrum.real**2 + spectrum.imag**2)[:, : FFT // 2]
    energies = np.log(np.maximum(power @ filters().T, np.finfo(np.float32).eps))
    return (energies @ transform().T).astype(np.float32)


@cache
def window() -> FloatArray:
    """Hamming's."""
    return np.hamming(FRAME).astype(np.float32)


@cache
def filters() -> FloatArray:
    """Triangles on the mel scale, shape (CEPSTRA, FFT // 2)."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), CEPSTRA + 2)
    bins = mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT)
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down)).astype(np.float32)


@cache
def transform() -> FloatArray:
    """The orthonormal cosine transform, shape (CEPSTRA, CEPSTRA)."""
    place = (np.arange(CEPSTRA) + 0.5) / CEPSTRA
    rows = np.cos(np.pi * np.arange(CEPSTRA)[:, None] * place) * np.sqrt(2 / CEPSTRA)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


def mel(hz: "float | np.ndarray") -> "float | np.ndarray":
    """Kaldi's mel scale."""
    return 1127 * np.log1p(np.divide(hz, 700))
