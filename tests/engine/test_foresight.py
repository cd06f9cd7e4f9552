"""Speech found ahead of time is the speech that is found as one listens."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.foresight import AHEAD, Foreseen, foreseen
from sentivox.types import Int16Array
from tests.stream.harness import LoudnessDetector

sizes = st.lists(st.integers(0, 3000), max_size=20)


def noise(samples: int) -> Int16Array:
    return np.random.default_rng(samples).integers(-9000, 9000, (2, samples)).astype(np.int16)


@given(sizes)
def test_whatever_the_blocks_the_probabilities_are_the_detectors_own(lengths: list[int]) -> None:
    pcm = noise(sum(lengths))
    detectors = [Foreseen(LoudnessDetector()) for _ in pcm]
    window, heard, found = detectors[0].window, 0, [np.zeros(0, np.float32)] * 2
    blocks = np.split(pcm, np.cumsum(lengths), axis=1)
    for block in foreseen(blocks, detectors):
        before, heard = heard // window * window, heard + block.shape[1]
        ready = pcm[:, before : heard // window * window]
        found = [np.concatenate((f, d(p))) for f, d, p in zip(found, detectors, ready, strict=True)]
    whole = pcm[:, : heard // window * window]
    assert heard == sum(lengths)
    for probs, samples in zip(found, whole, strict=True):
        np.testing.assert_array_equal(probs, LoudnessDetector()(samples))


def test_what_ends_a_recording_comes_in_its_place_and_leaves_no_thread() -> None:
    def broken() -> Iterator[Int16Array]:
        yield noise(700)
        raise ConnectionError("disk gone")

    blocks = foreseen(broken(), [Foreseen(LoudnessDetector()) for _ in range(2)])
    assert next(blocks).shape == (2, 700)
    with pytest.raises(ConnectionError, match="disk gone"):
        next(blocks)
    assert not [t for t in threading.enumerate() if t.name.startswith("sentivox-ahead")]


def test_it_looks_no_further_than_it_may_and_stops_when_left() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Int16Array]:
        while True:
            taken.append(1)
            yield noise(512)

    blocks = foreseen(endless(), [Foreseen(LoudnessDetector()) for _ in range(2)])
    for _ in range(3):
        next(blocks)
    blocks.close()
    assert len(taken) <= AHEAD + 3
    assert not [t for t in threading.enumerate() if t.name.startswith("sentivox-ahead")]
