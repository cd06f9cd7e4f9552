"""The high-pass before the models: what goes, what stays, and that no chunking shows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.highpass import REACH, HighPassed, high_passed
from sentivox.audio.ring import RingBuffer
from sentivox.errors import AudioError
from sentivox.types import Int16Array


def tone(hertz: float, amplitude: float = 10_000, seconds: float = 1.0) -> Int16Array:
    at = np.arange(round(seconds * 16_000)) / 16_000
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


def power_db(pcm: Int16Array) -> float:
    settled = pcm[4000:].astype(np.float64)
    return float(10 * np.log10(np.mean(settled**2) + 1e-12))


@pytest.mark.parametrize(
    ("hertz", "least", "most"),
    [(10, 60, 99), (30, 33, 35), (50, 16, 17), (60, 10, 11), (80, 2.9, 3.1), (120, 0, 0.3),
     (200, 0, 0.05), (1000, 0, 0.01), (7000, 0, 0.01)],
)  # fmt: skip
def test_how_much_of_a_tone_goes(hertz: float, least: float, most: float) -> None:
    pcm = tone(hertz)
    assert least <= power_db(pcm) - power_db(high_passed(pcm)) + 1e-3 <= most + 1e-3


@pytest.mark.parametrize("offset", [24_576, -24_576, 32_767, -32_768, 1])
def test_an_offset_is_gone_from_the_first_sample(offset: int) -> None:
    assert not high_passed(np.full(4000, offset, np.int16)).any()


def test_an_offset_does_not_change_what_is_heard() -> None:
    voice = np.random.default_rng(0).integers(-8000, 8000, 20_000).astype(np.int16)
    voice[0] = 0  # the level before the beginning is that of the first sample
    np.testing.assert_array_equal(
        high_passed((voice + 24_576).astype(np.int16)), high_passed(voice)
    )


def test_what_exceeds_full_scale_is_clipped() -> None:
    square = np.where(np.arange(8000) // 40 % 2, 32_767, -32_768).astype(np.int16)
    heard = high_passed(square)
    assert heard.max() == 32_767
    assert heard.min() == -32_768


@given(
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=30),
    seed=st.integers(0, 2**32 - 1),
    offset=st.integers(-20_000, 20_000),
)
def test_any_chunking_gives_the_same_samples(sizes: list[int], seed: int, offset: int) -> None:
    noise = np.random.default_rng(seed).integers(-9000, 9000, sum(sizes))
    pcm = (noise + offset).astype(np.int16)
    ring = RingBuffer(len(pcm) + REACH)
    heard, at = HighPassed(ring), 0
    pieces: list[Int16Array] = []
    for size in sizes:
        ring.append(pcm[at : at + size])
        pieces.append(heard.span(at, at + size))
        at += size
    np.testing.assert_array_equal(np.concatenate(pieces), high_passed(pcm))


@given(start=st.integers(0, 9000), length=st.integers(0, 4000))
def test_any_stretch_reads_as_of_the_whole(start: int, length: int) -> None:
    pcm = np.random.default_rng(1).integers(-9000, 9000, 13_000).astype(np.int16)
    ring = RingBuffer(13_000)
    ring.append(pcm)
    part = HighPassed(ring).span(start, start + length)
    np.testing.assert_array_equal(part, high_passed(pcm)[start : start + length])


def test_what_is_no_longer_held_cannot_be_filtered() -> None:
    ring = RingBuffer(2000)
    ring.append(tone(200))
    assert HighPassed(ring).span(14_000 + REACH, 16_000).shape == (2000 - REACH,)
    with pytest.raises(AudioError, match="not in the buffer"):
        HighPassed(ring).span(14_000, 16_000)


def test_nothing_stays_nothing() -> None:
    assert high_passed(np.zeros(0, np.int16)).shape == (0,)
    assert HighPassed(RingBuffer(10)).span(0, 0).shape == (0,)
