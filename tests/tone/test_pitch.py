"""Pitch and voicing: right on tones we know, and the same numbers however the audio is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.tone.mfcc import MFCC_FRAME, MFCC_HOP
from sentivox.tone.pitch import CENTRE_HZ, HIGHEST_HZ, LOWEST_HZ, PitchExtractor
from sentivox.types import SAMPLE_RATE, Int16Array


def buzz(hertz: float, seconds: float = 0.5, harmonics: int = 12) -> Int16Array:
    """A voice-like tone: harmonics that fall off."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, harmonics + 1))
    return np.round(3000 * tone).astype(np.int16)


def noise(n: int, seed: int = 0) -> Int16Array:
    return np.round(2000 * np.random.default_rng(seed).standard_normal(n)).astype(np.int16)


@given(hertz=st.floats(LOWEST_HZ * 1.05, HIGHEST_HZ * 0.93))
@settings(deadline=None, max_examples=60)
def test_a_voiced_tone_has_its_pitch(hertz: float) -> None:
    frames = PitchExtractor()(buzz(hertz))[3:]  # the first look back into silence
    assert frames[:, 1].min() > 0.8  # little more than two periods of the lowest fit
    np.testing.assert_allclose(frames[:, 0], np.log2(hertz / CENTRE_HZ), atol=0.02)


@pytest.mark.parametrize("hertz", [110.0, 220.0])
def test_a_missing_fundamental_is_heard(hertz: float) -> None:
    """A telephone line cuts the lowest harmonics; the pitch is that of the rest."""
    t = np.arange(8000) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * t) for k in range(3, 9))
    frames = PitchExtractor()(np.round(1500 * tone).astype(np.int16))[3:]
    np.testing.assert_allclose(np.median(frames[:, 0]), np.log2(hertz / CENTRE_HZ), atol=0.02)


def test_noise_is_less_voiced_than_a_tone_and_silence_not_at_all() -> None:
    assert PitchExtractor()(noise(8000))[:, 1].mean() < 0.5
    np.testing.assert_array_equal(PitchExtractor()(np.zeros(8000, np.int16)), 0)


def test_gain_moves_nothing() -> None:
    pcm = buzz(180) + noise(8000)
    quiet = (pcm // 4).astype(np.int16)
    loud = (quiet * 4).astype(np.int16)
    np.testing.assert_allclose(PitchExtractor()(loud), PitchExtractor()(quiet), atol=2e-3)


@given(cuts=st.lists(st.integers(0, 6000), max_size=12), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_any_chunking_gives_the_same_numbers(cuts: list[int], seed: int) -> None:
    pcm = noise(6000, seed) // 2 + buzz(150, 0.375)
    extract = PitchExtractor()
    parts = [extract(chunk) for chunk in np.split(pcm, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(parts), PitchExtractor()(pcm))


@given(n=st.integers(0, 3000))
@settings(deadline=None, max_examples=40)
def test_there_are_as_many_frames_as_of_mfcc(n: int) -> None:
    assert len(PitchExtractor()(noise(n))) == max(0, 1 + (n - MFCC_FRAME) // MFCC_HOP)
