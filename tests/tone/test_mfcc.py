"""MFCC frames: Kaldi's numbers, for ever."""

import numpy as np

from sentivox.tone.mfcc import CEPSTRA, mfcc
from sentivox.types import SAMPLE_RATE, Int16Array


def noise(n: int, seed: int = 0, level: float = 2000.0) -> Int16Array:
    return (
        (np.random.default_rng(seed).standard_normal(n) * level).clip(-32768, 32767).astype("<i2")
    )


def vowel(seconds: float = 0.5) -> Int16Array:
    """Four harmonics of 140 Hz with a slow swell: computed exactly alike on any machine."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in (1, 2, 3, 7))
    return np.round(3000 * tone * (0.2 + t)).astype(np.int16)


def test_gain_moves_only_the_first_cepstrum_and_offset_moves_nothing() -> None:
    pcm = noise(8000)
    quiet = (pcm // 2).astype(np.int16)
    exact = (quiet * 2).astype(np.int16)
    step = mfcc(exact) - mfcc(quiet)
    np.testing.assert_allclose(step[:, 0], np.log(4) * np.sqrt(CEPSTRA), atol=2e-3)
    np.testing.assert_allclose(step[:, 1:], 0, atol=2e-3)
    np.testing.assert_allclose(mfcc((pcm + 5000).astype(np.int16)), mfcc(pcm), atol=5e-3)


def test_silence_is_finite() -> None:
    assert np.isfinite(mfcc(np.zeros(1600, np.int16))).all()


def test_golden_values() -> None:
    """Kaldi's numbers must not drift: weights were trained on exactly these."""
    frames = mfcc(vowel())
    assert frames.shape == (48, CEPSTRA)
    assert frames.dtype == np.float32
    first = [60.6183, 18.1677, 7.8768, 0.8849, 1.4969, 2.4783]
    last = [70.0647, 22.3208, 7.1216, 1.3839, 1.1522, 2.7983]
    np.testing.assert_allclose(frames[0, :6], first, atol=1e-3)
    np.testing.assert_allclose(frames[-1, :6], last, atol=1e-3)
    np.testing.assert_allclose(np.abs(frames).sum(), 7731.622, rtol=1e-5)
