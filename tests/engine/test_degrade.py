"""The ladder: up in time, down with patience, never to and fro."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.degrade import Behind, DegradationLadder
from sentivox.stream.degradation import Degradation

EVERY = 0.25


def levels(
    ladder: DegradationLadder, pressures: list[float], start: float = 0.0
) -> list[Degradation]:
    return [ladder.step(p, start + EVERY * n) for n, p in enumerate(pressures)]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_it_moves_one_step_at_a_time_and_takes_its_time(pressures: list[float]):
    course = [Degradation.NONE, *levels(DegradationLadder(), pressures)]
    moves = [(n, b - a) for n, (a, b) in enumerate(pairwise(course)) if a != b]
    assert all(abs(by) == 1 for _, by in moves)
    for (before, _), (after, by) in zip([(-1, 0), *moves], moves, strict=False):
        assert (after - before - 1) * EVERY >= (1.0 if by > 0 else 5.0)


@given(st.lists(st.floats(0, 1), max_size=100))
def test_a_server_that_keeps_up_does_without_nothing(pressures: list[float]):
    assert set(levels(DegradationLadder(), pressures)) <= {Degradation.NONE}


@given(st.lists(st.floats(1.01, 9), min_size=20, max_size=60))
def test_a_server_that_does_not_goes_without_everything_in_order(pressures: list[float]):
    course = levels(DegradationLadder(), pressures)
    assert sorted(course) == course
    assert course[-1] is Degradation.NO_LATE_WORDS


@given(st.lists(st.floats(0.5, 1), max_size=100))
def test_between_calm_and_too_much_nothing_changes(pressures: list[float]):
    ladder = DegradationLadder()
    levels(ladder, [2.0] * 20)
    assert set(levels(ladder, pressures, start=5.0)) <= {Degradation.NO_LATE_WORDS}


def test_with_calm_everything_comes_back():
    ladder = DegradationLadder()
    levels(ladder, [2.0] * 20)
    assert levels(ladder, [0.0] * 80, start=5.0)[-1] is Degradation.NONE


def test_one_bad_moment_is_none():
    assert set(levels(DegradationLadder(), [0.0, 9.0, 9.0, 0.0] * 20)) == {Degradation.NONE}


def test_the_worst_counts_each_against_what_is_borne():
    assert Behind().pressure(1.0) == 0
    assert Behind(words=3).pressure(1.5) == 2
    assert Behind(words=1, models=1, loop=0.25, audio=1).pressure(1.0) == 2
    assert Behind(loop=1).pressure(1.0) == 2
    assert Behind(audio=3).pressure(1.0) == 1.5
    assert Behind(words=9).pressure(math.inf) == 0
