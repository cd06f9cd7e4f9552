"""Frames of features: the same numbers however the audio is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.tone.features import DIMS, FeatureStream, features
from sentivox.tone.mfcc import MFCC_FRAME, MFCC_HOP
from sentivox.types import SAMPLE_RATE, Int16Array


def noise(n: int, seed: int = 0, level: float = 2000.0) -> Int16Array:
    return (
        (np.random.default_rng(seed).standard_normal(n) * level).clip(-32768, 32767).astype("<i2")
    )


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
    stream = FeatureStream()
    stream.begin(at)
    for chunk in np.split(pcm, sorted(cuts)):
        stream.append(chunk)
    np.testing.assert_array_equal(stream.window(at, at + len(pcm)), features(pcm))


@given(start=st.integers(0, 7999), length=st.integers(1, 8000), extra=st.integers(0, 3000))
@settings(deadline=None, max_examples=60)
def test_a_window_is_the_frames_inside_it_and_ignores_what_came_later(
    start: int, length: int, extra: int
) -> None:
    stop = min(start + length, 8000)
    pcm = noise(8000 + 3000)
    early, late = FeatureStream(), FeatureStream()
    early.append(pcm[:stop])
    late.append(pcm[: 8000 + extra])
    got = late.window(start, stop)
    np.testing.assert_array_equal(got, early.window(start, stop))
    whole = features(pcm)
    inside = [
        k for k in range(len(whole)) if k * MFCC_HOP >= start and k * MFCC_HOP + MFCC_FRAME <= stop
    ]
    if inside:
        np.testing.assert_array_equal(got, whole[inside])
    else:
        assert got.shape == (1, DIMS)


def test_a_span_shorter_than_a_frame_gives_the_frame_before_its_end() -> None:
    pcm = noise(4000)
    stream = FeatureStream()
    stream.append(pcm)
    np.testing.assert_array_equal(stream.window(1000, 1100), features(pcm)[[4]])  # ends at 1040
    np.testing.assert_array_equal(stream.window(0, 100), features(pcm[:100]))
    assert features(pcm[:0]).shape == features(pcm[:1]).shape == (1, DIMS)


def test_begin_forgets_the_stretch_before() -> None:
    stream = FeatureStream()
    stream.append(noise(3000, seed=1))
    stream.begin(50_000)
    stream.append(noise(3000, seed=2))
    np.testing.assert_array_equal(stream.window(50_000, 53_000), features(noise(3000, seed=2)))
    np.testing.assert_array_equal(stream.window(49_000, 53_000), features(noise(3000, seed=2)))


def test_a_window_outlives_the_audio_that_follows_it() -> None:
    stream = FeatureStream(hold=0.1)
    stream.append(noise(1600, seed=1))
    window = stream.window(0, 1600)
    before = window.copy()
    stream.append(noise(16_000, seed=2))
    np.testing.assert_array_equal(window, before)


def test_old_frames_go_and_memory_stays() -> None:
    pcm = noise(3 * SAMPLE_RATE)
    stream = FeatureStream(hold=0.5)
    size = stream._frames.nbytes
    for chunk in np.array_split(pcm, 7):
        stream.append(chunk)
    assert stream._frames.nbytes == size
    recent = stream.window(len(pcm) - 8000, len(pcm))
    np.testing.assert_array_equal(recent, features(pcm)[-len(recent) :])
    assert len(recent) == 48
    with pytest.raises(IndexError, match="no longer held"):
        stream.window(0, len(pcm))


@pytest.mark.parametrize("span", [(10, 10), (20, 10), (0, 1601), (5000, 5001)])
def test_a_span_that_was_never_appended_is_refused(span: tuple[int, int]) -> None:
    stream = FeatureStream()
    stream.append(noise(1600))
    with pytest.raises(IndexError, match="not in the stretch"):
        stream.window(*span)
