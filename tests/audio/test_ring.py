"""The ring buffer against the obvious model of it: one ever-growing array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.ring import RingBuffer
from sentivox.errors import AudioError


def ramp(start: int, n: int) -> np.ndarray:
    return np.arange(start, start + n).astype(np.int16)


@given(capacity=st.integers(1, 40), sizes=st.lists(st.integers(0, 90), max_size=30))
def test_every_held_span_reads_back(capacity: int, sizes: list[int]) -> None:
    ring, written = RingBuffer(capacity), np.zeros(0, np.int16)
    for size in sizes:
        piece = ramp(len(written), size)
        ring.append(piece)
        written = np.concatenate([written, piece])
        assert ring.total == len(written)
        oldest = max(0, ring.total - capacity)
        for start in {oldest, (oldest + ring.total) // 2, ring.total}:
            span = ring.span(start, ring.total)
            assert span.flags.c_contiguous
            np.testing.assert_array_equal(span, written[start:])
            np.testing.assert_array_equal(ring.window(ring.total - start), written[start:])


def test_spans_are_views_of_memory_that_never_moves() -> None:
    ring = RingBuffer(1000)
    ring.append(ramp(0, 10))
    memory = ring.window(10).base
    for i in range(50):
        ring.append(ramp(10 + i * 77, 77))
        assert ring.window(700 if i > 10 else 10).base is memory


def test_a_view_lasts_as_long_as_its_samples_are_held() -> None:
    ring = RingBuffer(100)
    ring.append(ramp(0, 60))
    view = ring.span(50, 60)
    ring.append(ramp(60, 90))
    np.testing.assert_array_equal(view, ramp(50, 10))


@pytest.mark.parametrize(("start", "stop"), [(4, 10), (10, 31), (20, 19), (-5, 12)])
def test_what_is_not_held_is_refused(start: int, stop: int) -> None:
    ring = RingBuffer(20)
    ring.append(ramp(0, 30))
    assert ring.span(10, 30).tolist() == list(range(10, 30))
    with pytest.raises(AudioError, match="holds 10 to 30"):
        ring.span(start, stop)


def test_a_window_longer_than_what_came_is_refused() -> None:
    ring = RingBuffer(20)
    ring.append(ramp(0, 5))
    with pytest.raises(AudioError):
        ring.window(6)


def test_capacity_must_be_positive() -> None:
    with pytest.raises(AudioError):
        RingBuffer(0)
