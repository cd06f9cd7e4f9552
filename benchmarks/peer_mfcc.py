"""MFCC written with NumPy alone in the style of librosa, a whole clip at a time, for comparison.

It gives the same numbers as ours (Kaldi's settings, within float32). Only the method differs: this
one computes every frame of the window again at every update, and ours computes each frame once.
"""

from functools import cache

import numpy as np

from sentivox.tone.mfcc import CEPSTRA, HIGH_HZ, LOW_HZ, MFCC_FRAME, MFCC_HOP, PREEMPHASIS
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

FFT = 512


def numpy_mfcc(pcm: Int16Array) -> FloatArray:
    """Return the MFCC of n samples at 16 kHz, shape (1 + (n - FRAME) // HOP, CEPSTRA)."""
    samples = pcm.astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, MFCC_FRAME)[::MFCC_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate((frames[:, :1], frames[:, :-1]), axis=1)
    spectrum = np.fft.rfft((frames - np.float32(PREEMPHASIS) * before) * window(), FFT)
    power = (spectrum.real**2 + spectrum.imag**2)[:, : FFT // 2]
    energies = np.log(np.maximum(power @ filters().T, np.finfo(np.float32).eps))
    return (energies @ transform().T).astype(np.float32)


@cache
def window() -> FloatArray:
    """Return the Hamming window, shape (FRAME,)."""
    return np.hamming(MFCC_FRAME).astype(np.float32)


@cache
def filters() -> FloatArray:
    """Return the triangular mel filters, shape (CEPSTRA, FFT // 2)."""
    edges = np.linspace(mel(LOW_HZ), mel(HIGH_HZ), CEPSTRA + 2)
    bins = mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT)
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down)).astype(np.float32)


@cache
def transform() -> FloatArray:
    """Return the matrix of the orthonormal cosine transform, shape (CEPSTRA, CEPSTRA)."""
    place = (np.arange(CEPSTRA) + 0.5) / CEPSTRA
    rows = np.cos(np.pi * np.arange(CEPSTRA)[:, None] * place) * np.sqrt(2 / CEPSTRA)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


def mel(hz: "float | np.ndarray") -> "float | np.ndarray":
    """Convert Hz to Kaldi's mel scale."""
    return 1127 * np.log1p(np.divide(hz, 700))
