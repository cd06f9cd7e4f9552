"""The smoothed mood: what must hold of it for any conversation."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.conversation.mood import TIME_CONSTANT_S, curve, scored, smooth
from tests.stream.spoken import scores, speakers, talk, uttered


@given(speakers(channels=1))
def test_it_is_the_mean_weighted_by_length_and_age(spoken):
    pairs = scored(spoken)
    for n, value in enumerate(smooth(pairs), start=1):
        now = pairs[n - 1][0].end
        weights = [
            (u.end - u.start) * math.exp((u.end - now) / TIME_CONSTANT_S) for u, _ in pairs[:n]
        ]
        mean = sum(w * s for w, (_, s) in zip(weights, pairs[:n], strict=True)) / sum(weights)
        assert value == pytest.approx(mean, abs=1e-9)


@given(speakers())
def test_it_has_a_point_for_each_score_and_stays_between_the_scores(spoken):
    points = curve(spoken, None)
    known = [u.fused_score for u in spoken if u.fused_score is not None]
    assert [p.t for p in points] == sorted(u.end for u in spoken if u.fused_score is not None)
    assert {p.channel for p in points} <= {None}
    assert all(min(known) - 1e-3 <= p.value <= max(known) + 1e-3 for p in points)


@given(speakers(channels=1), st.floats(0, 1e5), st.randoms())
def test_it_knows_neither_the_hour_nor_the_order_of_telling(spoken, later, random):
    moved = [uttered(u.start + later, u.end + later, u.fused_score) for u in spoken]
    random.shuffle(moved)
    expected = [p.value for p in curve(spoken, 0)]
    assert [p.value for p in curve(moved, 0)] == pytest.approx(expected, abs=2e-4)


@given(scores, st.floats(0.3, 5), st.floats(0.5, 5))
def test_an_utterance_cut_in_two_counts_as_much(score, first, rest):
    before = uttered(0, 2, 0.5)
    at = 4 + first
    whole = smooth(scored([before, uttered(4, at + rest, score)]))[-1]
    cut = smooth(scored([before, uttered(4, at, score), uttered(at, at + rest, score)]))[-1]
    assert cut == pytest.approx(whole, abs=0.12)  # its first part is a little older


def test_it_begins_at_the_first_score_and_forgets_over_a_silence():
    assert curve(talk(None, 0.8), 1)[0].value == 0.8
    assert curve([uttered(0, 2, -0.9), uttered(900, 901, 0.7)], 0)[-1].value == 0.7


def test_a_short_word_moves_it_less_than_a_sentence():
    def after(seconds: float) -> float:
        return smooth(scored([uttered(0, 3, -0.8), uttered(10 - seconds, 10, 0.8)]))[-1]

    assert after(0.5) < after(3) < after(10)


def test_nothing_said_has_no_mood():
    assert curve([], None) == []
    assert curve(talk(None, None), 0) == []
