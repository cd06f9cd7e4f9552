"""MFCC frames: the same numbers however the audio is cut, and for ever."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.tone.features import DIMS, FRAME, HOP, MfccStream, mfcc
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


@given(
    cuts=st.lists(st.integers(0, 5000), max_size=12),
    at=st.integers(0, 10**12),
    seed=st.integers(0, 5),
)
@settings(deadline=None, max_examples=40)
def test_any_chunking_gives_the_frames_of_the_whole_clip(
    cuts: list[int], at: int, seed: int
) -> None:
    pcm = noise(5000, seed)
    stream = MfccStream()
    stream.begin(at)
    for chunk in np.split(pcm, sorted(cuts)):
        stream.append(chunk)
    np.testing.assert_array_equal(stream.window(at, at + len(pcm)), mfcc(pcm))


@given(start=st.integers(0, 7999), length=st.integers(1, 8000), extra=st.integers(0, 3000))
@settings(deadline=None, max_examples=60)
def test_a_window_is_the_frames_inside_it_and_ignores_what_came_later(
    start: int, length: int, extra: int
) -> None:
    stop = min(start + length, 8000)
    pcm = noise(8000 + 3000)
    early, late = MfccStream(), MfccStream()
    early.append(pcm[:stop])
    late.append(pcm[: 8000 + extra])
    got = late.window(start, stop)
    np.testing.assert_array_equal(got, early.window(start, stop))
    whole = mfcc(pcm)
    inside = [k for k in range(len(whole)) if k * HOP >= start and k * HOP + FRAME <= stop]
    if inside:
        np.testing.assert_array_equal(got, whole[inside])
    else:
        assert got.shape == (1, DIMS)


def test_a_span_shorter_than_a_frame_gives_the_frame_before_its_end() -> None:
    pcm = noise(4000)
    stream = MfccStream()
    stream.append(pcm)
    np.testing.assert_array_equal(stream.window(1000, 1100), mfcc(pcm)[[4]])  # ends at 1040
    np.testing.assert_array_equal(stream.window(0, 100), mfcc(pcm[:100]))
    assert mfcc(pcm[:0]).shape == mfcc(pcm[:1]).shape == (1, DIMS)


def test_begin_forgets_the_stretch_before() -> None:
    stream = MfccStream()
    stream.append(noise(3000, seed=1))
    stream.begin(50_000)
    stream.append(noise(3000, seed=2))
    np.testing.assert_array_equal(stream.window(50_000, 53_000), mfcc(noise(3000, seed=2)))
    np.testing.assert_array_equal(stream.window(49_000, 53_000), mfcc(noise(3000, seed=2)))


def test_a_window_outlives_the_audio_that_follows_it() -> None:
    stream = MfccStream(hold=0.1)
    stream.append(noise(1600, seed=1))
    window = stream.window(0, 1600)
    before = window.copy()
    stream.append(noise(16_000, seed=2))
    np.testing.assert_array_equal(window, before)


def test_old_frames_go_and_memory_stays() -> None:
    pcm = noise(3 * SAMPLE_RATE)
    stream = MfccStream(hold=0.5)
    size = stream._frames.nbytes
    for chunk in np.array_split(pcm, 7):
        stream.append(chunk)
    assert stream._frames.nbytes == size
    recent = stream.window(len(pcm) - 8000, len(pcm))
    np.testing.assert_array_equal(recent, mfcc(pcm)[-len(recent) :])
    assert len(recent) == 48
    with pytest.raises(IndexError, match="no longer held"):
        stream.window(0, len(pcm))


@pytest.mark.parametrize("span", [(10, 10), (20, 10), (0, 1601), (5000, 5001)])
def test_a_span_that_was_never_appended_is_refused(span: tuple[int, int]) -> None:
    stream = MfccStream()
    stream.append(noise(1600))
    with pytest.raises(IndexError, match="not in the stretch"):
        stream.window(*span)


def test_gain_moves_only_the_first_cepstrum_and_offset_moves_nothing() -> None:
    pcm = noise(8000)
    quiet = (pcm // 2).astype(np.int16)
    exact = (quiet * 2).astype(np.int16)
    step = mfcc(exact) - mfcc(quiet)
    np.testing.assert_allclose(step[:, 0], np.log(4) * np.sqrt(DIMS), atol=2e-3)
    np.testing.assert_allclose(step[:, 1:], 0, atol=2e-3)
    np.testing.assert_allclose(mfcc((pcm + 5000).astype(np.int16)), mfcc(pcm), atol=5e-3)


def test_silence_is_finite() -> None:
    assert np.isfinite(mfcc(np.zeros(1600, np.int16))).all()


def test_golden_values() -> None:
    """Kaldi's numbers must not drift: weights were trained on exactly these."""
    frames = mfcc(vowel())
    assert frames.shape == (48, DIMS)
    assert frames.dtype == np.float32
    first = [60.6183, 18.1677, 7.8768, 0.8849, 1.4969, 2.4783]
    last = [70.0647, 22.3208, 7.1216, 1.3839, 1.1522, 2.7983]
    np.testing.assert_allclose(frames[0, :6], first, atol=1e-3)
    np.testing.assert_allclose(frames[-1, :6], last, atol=1e-3)
    np.testing.assert_allclose(np.abs(frames).sum(), 7731.622, rtol=1e-5)
