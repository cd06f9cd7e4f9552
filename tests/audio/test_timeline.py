"""Where pieces go, by the times they carry."""

from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.timeline import Gap, Piece, Timeline

RATE = 1000


def piece(at: float | None, seconds: float = 1.0) -> Piece:
    return Piece(np.zeros((round(seconds * RATE), 1), np.float32), RATE, at)


def placed(
    times: list[float | None], origin: float = 0.0, length: float | None = None
) -> tuple[list[float], list[Gap], bool]:
    """When each piece of a second begins, the gaps, and whether a time was not believed."""
    timeline = Timeline(origin, length)
    now, starts = 0.0, []
    for silence, one in timeline.place(piece(at) for at in times):
        starts.append(round(now + silence, 6))
        now += silence + one.seconds
    assert timeline.position == pytest.approx(now)
    return starts, timeline.gaps, timeline.wrong


@pytest.mark.parametrize(
    ("times", "starts"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([None, None, None], [0, 1, 2]),
        ([0, 1.05, 1.95], [0, 1, 2]),  # rounding
        ([0, 1, 8, 9], [0, 1, 8, 9]),
        ([0, 5, 10, 15], [0, 5, 10, 11]),  # nothing shows that the last is right
        ([5, 6, 7], [5, 6, 7]),
        ([0, 8, None, 10], [0, 8, 9, 10]),
        ([0, 36_000, 2, 3], [0, 1, 2, 3]),  # one wrong time
        ([10, 11, 0, 13, 14], [10, 11, 12, 13, 14]),
        ([0, 1, 2, 0, 1, 2], [0, 1, 2, 3, 4, 5]),  # a clock that begins anew
        ([0, 1, 9000, 9001, 4, 5], [0, 1, 2, 3, 4, 5]),  # wrong for a while, then right again
        ([0, 1, 9000, 9001, 9002], [0, 1, 2, 3, 4]),  # beyond the end
    ],
)
def test_places(times: list[float | None], starts: list[float]) -> None:
    assert placed(times, length=3000)[0] == starts


def test_what_is_missing_is_listed_and_what_is_wrong_is_known() -> None:
    assert placed([0, 1, 8, 9]) == ([0, 1, 8, 9], [Gap(2, 8)], False)
    assert placed([0, 36_000, 2])[1:] == ([], True)
    assert placed([100, 101, 105, 106], origin=100)[1] == [Gap(2, 5)]
    assert placed([0, 1, 5000, 5001], length=None)[1] == []  # more than an hour is not believed


@given(st.lists(st.floats(0.2, 50), min_size=1, max_size=20))
def test_any_gaps_of_a_sound_clock_are_kept(gaps: list[float]) -> None:
    runs = list(accumulate(gap + 3 for gap in gaps))
    times: list[float | None] = [0.0, 1.0, *(start + n for start in runs for n in (0, 1, 2))]
    assert placed(times)[0] == pytest.approx(times, abs=0.11)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30), st.floats(0, 1e4))
def test_no_times_whatever_lose_or_reorder_a_piece_or_make_it_longer_than_it_is(
    times: list[float | None], length: float
) -> None:
    starts, gaps, _ = placed(times, length=length)
    assert len(starts) == len(times)
    assert all(b - a >= 1 - 1e-5 for a, b in pairwise(starts))
    assert all(gap.end <= length for gap in gaps)
