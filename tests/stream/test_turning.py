"""Turning points: found where a person would, and never made by one utterance."""

from itertools import pairwise

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from sentivox.conversation.mood import scored, smooth
from sentivox.conversation.turning_points import MOVE, extremes, turning_points
from tests.stream.spoken import scores, speakers, talk, uttered


def told(*values: float) -> list[tuple[str, str | None]]:
    return [(p.direction, p.transcript) for p in turning_points(talk(*values))]


def test_a_call_that_goes_wrong_and_is_mended():
    found = turning_points(talk(0.6, 0.7, 0.5, -0.8, -0.9, -0.7, 0.8, 0.9, 0.8))
    assert [p.direction for p in found] == ["worse", "better"]
    worse, better = found
    assert worse.after == better.before
    assert worse.before > 0.5
    assert worse.after < -0.3
    # Where the mood is past half way, and with the words that took it there.
    assert worse.transcript == "no. 3"
    assert (worse.utterance_id, worse.t) == (4, 3 * 5.5 + 2.5)


def test_one_outburst_turns_nothing_and_two_do():
    assert told(0.6, 0.6, 0.6, -0.9, 0.6, 0.6, 0.6, 0.6) == []
    assert [way for way, _ in told(0.6, 0.6, 0.6, -0.9, -0.9, -0.9, 0.6, 0.6, 0.6, 0.6)] == [
        "worse",
        "better",
    ]


def test_it_is_where_the_mood_has_come_half_way():
    """After pauses without end each score is the mood: the third lies just half way."""
    (point,) = turning_points(talk(-0.5, -0.5, 0.0, 0.5, 0.5, seconds=2.0, pause=1e6))
    assert (point.direction, point.before, point.after) == ("better", -0.5, 0.5)
    assert point.transcript == "no. 2"


def test_half_a_move_that_remains_is_enough():
    """Without the utterance that moved it most, the mood still goes from 0 to 0.2, and no less."""
    remains = [p.direction for p in turning_points(talk(0, 0, 0.2, 0.5, seconds=2.0, pause=1e6))]
    assert remains == ["better"]
    assert not turning_points(talk(0, 0, 0.19, 0.5, seconds=2.0, pause=1e6))


def test_a_calm_call_turns_nowhere():
    assert told(0.1, -0.1, 0.2, 0.0, -0.2, 0.1) == []
    assert told() == told(0.5) == []


@given(scores, scores, st.lists(st.tuples(st.floats(0, 30), st.floats(0.25, 12)), min_size=1),
       st.data())  # fmt: skip
def test_no_single_utterance_makes_one(level, odd, spans, data):
    """Wherever it stands and however long it is, among others that all score the same."""
    which = data.draw(st.integers(0, len(spans) - 1))
    at, spoken = 0.0, []
    for i, (pause, seconds) in enumerate(spans):
        start, at = at + pause, at + pause + seconds
        spoken.append(uttered(start, at, odd if i == which else level))
    assert turning_points(spoken) == []


@given(speakers(channels=1, silent=False))
def test_what_is_reported_is_on_the_curve(spoken):
    pairs = scored(spoken)
    values = smooth(pairs)
    ends = [u.end for u, _ in pairs]
    found = turning_points(spoken)
    assert [p.t for p in found] == sorted({p.t for p in found})
    for point in found:
        assert abs(point.after - point.before) >= MOVE - 1e-3
        assert (point.direction == "better") == (point.after > point.before)
        there = values[ends.index(point.t)]
        low, high = sorted((point.before, point.after))
        assert low - 1e-3 <= there <= high + 1e-3
        assert (there >= (low + high) / 2 - 1e-3) == (point.direction == "better") or there == (
            pytest.approx((low + high) / 2, abs=1e-3)
        )


@given(speakers(channels=1, silent=False))
def test_a_mood_turned_over_turns_the_other_way(spoken):
    mirrored = [uttered(u.start, u.end, -(u.fused_score or 0.0)) for u in spoken]
    other = {"better": "worse", "worse": "better"}
    assert [(p.t, other[p.direction]) for p in turning_points(mirrored)] == [
        (p.t, p.direction) for p in turning_points(spoken)
    ]


@given(st.lists(scores, max_size=40))
def test_extremes_alternate_and_lie_far_apart(values):
    found = extremes(values)
    assert found == sorted(set(found))
    target(float(len(found)))  # so that there are moves to look at
    moves = [values[b] - values[a] for a, b in pairwise(found)]
    assert min(map(abs, moves), default=MOVE) >= MOVE
    assert all(a * b < 0 for a, b in pairwise(moves))
    for a, b in pairwise(found):  # nothing between two extremes lies beyond them
        low, high = sorted((values[a], values[b]))
        assert all(low <= value <= high for value in values[a : b + 1])
    if not found:
        assert not values or max(values) - min(values) < MOVE
