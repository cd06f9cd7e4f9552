"""How probable it is that a conversation escalates: traits of what was said, and their weights."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sentivox.conversation.escalation import (
    LEAST_SCORED,
    Escalation,
    Traits,
    escalation,
    outcome,
    traits,
)
from sentivox.protocol.begin import Models
from tests.stream.spoken import scores, talk, uttered

MODELS = Models(vad="v", tone="t", asr=None, text={})
WEIGHTS = Escalation(bias=-1.0, weights=(-2.0, -1.0, 1.0, 0.5), models=MODELS)
LONG = st.lists(scores, min_size=12, max_size=30)


def test_traits_of_what_was_said():
    said = talk(0.4, 0.4, 0.4, 0.4, -0.4, -0.4, -0.4, -0.4)
    seen = traits(said)
    assert seen is not None
    assert seen.level == pytest.approx(0)
    assert seen.recent == pytest.approx(-0.4)
    assert seen.spread == pytest.approx(0.4)
    assert seen.interruptions == 0


def test_interruptions_count_by_the_minute():
    said = [*talk(*[0.0] * 6), uttered(6.0, 9.0, 0.0, channel=1)]  # over the agent's second turn
    seen = traits(said)
    assert seen is not None
    assert seen.interruptions == pytest.approx(60 / 30)


def test_too_little_tells_nothing():
    assert traits(talk(*[0.5] * (LEAST_SCORED - 1))) is None
    assert traits(talk(*[None] * 20)) is None
    assert traits(talk(*[0.5] * 6, seconds=1.0, pause=0.5)) is None  # in ten seconds
    assert traits([]) is None
    assert escalation(talk(0.5), WEIGHTS, MODELS) is None


def test_the_last_third_is_worse_if_it_is_lower_and_negative():
    def worse(*said: float) -> bool:
        found = outcome(talk(*said))
        assert found is not None
        return found[1]

    calm = (0.1,) * 8
    assert worse(*calm, *(-0.3,) * 4)
    assert not worse(*(0.8,) * 8, *(0.2,) * 4)  # lower, and yet pleasant
    assert not worse(*(-0.6,) * 8, *(-0.6,) * 4)  # bad, and no worse
    assert not worse(*calm, *(-0.3,) * 2, *(0.6,) * 2)


def test_only_weights_for_these_models_are_used():
    said = talk(*[-0.5] * 8)
    assert escalation(said, WEIGHTS, MODELS) == pytest.approx(1 / (1 + math.exp(0.0)), abs=1e-3)
    assert escalation(said, WEIGHTS, replace(MODELS, tone="other")) is None
    assert escalation(said, WEIGHTS, None) is None
    assert escalation(said, None, MODELS) is None


@given(st.floats(-1, 1), st.floats(-2, 2), st.floats(0, 1), st.floats(0, 1e6))
def test_a_probability_always(level, recent, spread, interruptions):
    seen = Traits(level=level, recent=recent, spread=spread, interruptions=interruptions)
    assert 0 <= WEIGHTS.probability(seen) <= 1


@given(LONG, LONG)
def test_the_traits_of_the_first_two_thirds_know_nothing_of_the_last(first, last):
    length = len(first) // 2
    one = outcome(talk(*first, *first[:length]))
    two = outcome(talk(*first, *(last * 3)[:length]))
    assert (one is None) == (two is None)
    assert one is None or two is None or one[0] == two[0]


@given(LONG, st.randoms())
def test_the_order_of_utterances_does_not_matter(said, random):
    utterances = talk(*said)
    mixed = list(utterances)
    random.shuffle(mixed)
    assert escalation(mixed, WEIGHTS, MODELS) == escalation(utterances, WEIGHTS, MODELS)
