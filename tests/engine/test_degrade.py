"""The ladder: up in time, down with patience, never to and fro."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from sentivox.engine.degrade import Behind, DegradationLadder
from sentivox.stream.degradation import Degradation

EVERY = 0.25


def levels(
    ladder: DegradationLadder, pressures: list[float], start: float = 0.0
) -> list[Degradation]:
    return [ladder.step(p, start + EVERY * n) for n, p in enumerate(pressures)]


# Long enough, often, for a step up or down; a single moment breaks neither's patience.
weather = st.lists(
    st.tuples(
        st.one_of(st.floats(0, 0.49), st.floats(1.01, 3), st.floats(0, 3)), st.integers(1, 30)
    ),
    max_size=12,
).map(lambda spells: [pressure for pressure, times in spells for _ in range(times)])


@given(weather)
def test_it_moves_one_step_at_a_time_and_takes_its_time(pressures: list[float]):
    course = [Degradation.NONE, *levels(DegradationLadder(), pressures)]
    moves = [(n, b - a) for n, (a, b) in enumerate(pairwise(course)) if a != b]
    target(float(sum(by < 0 for _, by in moves)))
    assert {abs(by) for _, by in moves} <= {1}
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


def test_with_calm_everything_comes_back_one_after_the_other():
    ladder = DegradationLadder()
    levels(ladder, [2.0] * 20)
    course = levels(ladder, [0.0] * 80, start=5.0)
    # The first calm moment starts the clock, and so does each one after a step.
    assert (
        course
        == [Degradation(3)] * 20
        + [Degradation(2)] * 21
        + [Degradation(1)] * 21
        + [Degradation.NONE] * 18
    )


@pytest.mark.parametrize(("pressure", "moves"), [(1.0, False), (1.01, True)])
def test_too_much_is_more_than_what_is_borne(pressure: float, moves: bool):
    assert (max(levels(DegradationLadder(), [pressure] * 9)) > Degradation.NONE) == moves


@pytest.mark.parametrize(("pressure", "moves"), [(0.5, False), (0.49, True)])
def test_calm_is_less_than_half_of_it(pressure: float, moves: bool):
    ladder = DegradationLadder()
    levels(ladder, [2.0] * 20)
    course = levels(ladder, [pressure] * 30, start=5.0)
    assert (min(course) < Degradation.NO_LATE_WORDS) == moves


def test_one_bad_moment_is_none():
    assert set(levels(DegradationLadder(), [0.0, 9.0, 9.0, 0.0] * 20)) == {Degradation.NONE}


def test_the_worst_counts_each_against_what_is_borne():
    assert Behind().pressure(1.0) == 0
    assert Behind(words=3).pressure(1.5) == 2
    assert Behind(words=1, models=1, loop=0.25, audio=1).pressure(1.0) == 2
    assert Behind(loop=1).pressure(1.0) == 2
    assert Behind(audio=3).pressure(1.0) == 1.5
    assert Behind(words=9).pressure(math.inf) == 0
