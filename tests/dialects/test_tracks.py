"""The tracks of a call, put together."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.server.dialects.tracks import Tracks

Sent = tuple[int, float | None, bytes]
RATE = 8000
PIECE = 160  # samples in 20 ms


def channels(audio: bytes, count: int = 2) -> list[bytes]:
    found = np.frombuffer(audio, np.uint8).reshape(-1, count)
    return [found[:, channel].tobytes() for channel in range(count)]


def pieces(seed: int, count: int) -> list[bytes]:
    """Of a voice: no sample is silence."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 255, PIECE, np.uint8).tobytes() for _ in range(count)]


@given(st.integers(1, 30), st.randoms(use_true_random=False))
def test_channels_are_the_tracks_in_whatever_order_near_pieces_come(
    count: int, random: Random
) -> None:
    heard, said = pieces(1, count), pieces(2, count)
    sent = [(track, n, p) for track, side in enumerate((heard, said)) for n, p in enumerate(side)]
    sent.sort(key=lambda one: one[1] + random.uniform(0.0, 2.9))  # late by less than three pieces
    tracks = Tracks(2, RATE, b"\xff", hold_s=0.1)
    audio = b"".join(tracks.put(track, n * 0.02, piece) for track, n, piece in sent) + tracks.rest()
    assert channels(audio) == [b"".join(heard), b"".join(said)]


def test_without_holding_back_each_pair_is_told_at_once() -> None:
    tracks = Tracks(2, RATE, b"\xff")
    assert tracks.put(0, 0.0, b"a" * PIECE) == b""
    assert tracks.put(1, 0.0, b"b" * PIECE) == b"ab" * PIECE


def test_a_track_of_which_nothing_comes_is_silent() -> None:
    tracks = Tracks(2, RATE, b"\xff")
    told = b"".join(tracks.put(0, n * 0.02, b"a" * PIECE) for n in range(20))
    assert channels(told) == [b"a" * 800, b"\xff" * 800]  # but for the last 300 ms
    back = tracks.put(1, 0.4, b"b" * PIECE) + tracks.put(0, 0.4, b"a" * PIECE) + tracks.rest()
    heard, said = channels(told + back)
    assert heard == b"a" * 21 * PIECE
    assert said == b"\xff" * 20 * PIECE + b"b" * PIECE


def test_a_clock_that_trembles_or_leaps_tears_no_hole() -> None:
    tracks = Tracks(1, RATE, b"\xff")
    clock = [0.061, 0.08, 0.102, 0.119, 9e6, 9e6]
    audio = b"".join(tracks.put(0, at, b"a" * PIECE) for at in clock)
    assert audio == b"\xff" * 488 + b"a" * 6 * PIECE  # the first piece came 61 ms after the start


CLOCKS = {
    "right": lambda n: n * 0.02,
    "none": lambda _: None,
    "stands still": lambda _: 0.0,
    "in seconds for milliseconds": lambda n: n * 0.02 / 1000,
    "rounded to 100 ms": lambda n: n * 0.02 // 0.1 * 0.1,
    "trembles": lambda n: n * 0.02 + (0.015 if n % 2 else -0.015),
    "begins again": lambda n: (n - 150 if n >= 150 else n) * 0.02,
    "goes back a little": lambda n: n * 0.02 - (0.2 if n >= 150 else 0.0),
    "leaps": lambda n: n * 0.02 + (9.0 if n >= 150 else 0.0),
    "is wrong once": lambda n: 300 * 0.02 if n == 150 else n * 0.02,
    "is slow": lambda n: n * 0.0199,
}


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("count", [1, 2])
def test_no_clock_loses_audio(count: int, clock: str) -> None:
    heard = pieces(1, 300)
    tracks = Tracks(count, RATE, b"\xff")
    told = b""
    for n, piece in enumerate(heard):
        for track in range(count - 1):
            told += tracks.put(track, n * 0.02, b"a" * PIECE)
        told += tracks.put(count - 1, CLOCKS[clock](n), piece)
    audio = channels(told + tracks.rest(), count)[-1]
    at = 0
    for piece in heard:  # each is there, one after the other
        at = audio.index(piece, at) + PIECE
    assert len(audio) <= 2 * len(b"".join(heard))


def test_pieces_in_another_order_are_put_right_after_a_leap_too() -> None:
    heard = pieces(1, 40)
    tracks = Tracks(1, RATE, b"\xff", hold_s=0.1)
    clock = [n * 0.02 + (9.0 if n >= 10 else 0.0) for n in range(40)]
    order = [n + 1 if n % 2 and n > 11 else n - 1 if n > 12 else n for n in range(39)]
    told = b"".join(tracks.put(0, clock[n], heard[n]) for n in order) + tracks.rest()
    assert told == b"".join(heard[n] for n in sorted(order))


@given(
    st.integers(1, 2),
    st.sampled_from([b"\xff", b"\0\0"]),
    st.lists(
        st.tuples(st.integers(0, 1), st.none() | st.floats(0, 1e9), st.binary(max_size=700)),
        max_size=20,
    ),
)
def test_whatever_comes_the_audio_is_whole_and_bounded(
    count: int, silence: bytes, sent: list[Sent]
) -> None:
    tracks = Tracks(count, RATE, silence, hold_s=0.1)
    told = b"".join(tracks.put(min(track, count - 1), at, audio) for track, at, audio in sent)
    told += tracks.rest()
    assert len(told) % (count * len(silence)) == 0
    most = sum(5 * RATE + len(audio) for _, _, audio in sent)
    assert len(told) <= most * count * len(silence)
