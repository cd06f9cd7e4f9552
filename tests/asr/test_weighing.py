"""Whether words stand, weighed against whether the audio is speech."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.asr.weighing import final_rejection, is_answer


@pytest.mark.parametrize("reason", ["repetition", "too_fast", "known_phrase", "too_short"])
@given(speech=st.none() | st.floats(0, 1), confidence=st.none() | st.floats(0, 1))
def test_words_that_nobody_said_are_not_saved_by_speech(
    reason: str, speech: float | None, confidence: float | None
) -> None:
    assert final_rejection(reason, speech, confidence) == reason


@pytest.mark.parametrize(
    ("speech", "confidence", "reason"),
    [
        (0.9, 0.35, None),  # "Why?" on its own
        (0.9, 0.29, "no_speech"),
        (0.9, None, "no_speech"),
        (0.84, 0.4, "no_speech"),
        (None, 0.4, "no_speech"),
        (0.69, 0.4, "not_speech"),
    ],
)
def test_sure_speech_outvotes_an_engine_that_hears_nobody(
    speech: float | None, confidence: float | None, reason: str | None
) -> None:
    assert final_rejection("no_speech", speech, confidence) == reason


@pytest.mark.parametrize(
    ("reason", "speech", "confidence", "outcome"),
    [
        (None, 0.69, 0.9, "not_speech"),
        (None, 0.69, None, "not_speech"),
        (None, 0.3, 1.0, "not_speech"),
        (None, 0.84, 0.5, None),
        (None, 0.84, None, None),
        (None, 0.84, 0.49, "low_confidence"),  # a sneeze that may be "what is this"
        (None, 0.85, 0.3, None),
        (None, 0.99, 0.29, "low_confidence"),  # speech for sure, but in another language
        ("no_speech", 0.99, 0.29, "no_speech"),
        (None, None, 0.29, "low_confidence"),
        ("low_confidence", 0.69, 0.9, "not_speech"),
    ],
)
def test_how_sure_the_engine_is_decides_where_it_may_be_no_speech(
    reason: str | None, speech: float, confidence: float | None, outcome: str | None
) -> None:
    assert final_rejection(reason, speech, confidence) == outcome


@pytest.mark.parametrize(
    ("words", "seconds", "short"),
    [(1, 0.8, True), (2, 1.5, True), (2, 1.6, False), (3, 0.9, False)],
)
def test_an_answer_is_a_word_or_two_and_no_time_for_more(
    words: int, seconds: float, *, short: bool
) -> None:
    assert is_answer(words, seconds) == short


@pytest.mark.parametrize("reason", [None, "low_confidence", "no_speech"])
def test_an_answer_may_be_a_guess_where_somebody_surely_speaks(reason: str | None) -> None:
    assert final_rejection(reason, 0.85, 0.2, answer=True) is None
    assert final_rejection(reason, 0.85, 0.2) == (
        reason or "low_confidence"
    )  # of another language maybe
    assert final_rejection(reason, 0.84, 0.2, answer=True) == (reason or "low_confidence")
    assert final_rejection(reason, None, 0.2, answer=True) == (reason or "low_confidence")


def test_an_answer_needs_less_confidence_where_it_may_be_no_speech() -> None:
    assert final_rejection(None, 0.8, 0.4, answer=True) is None
    assert final_rejection(None, 0.8, 0.39, answer=True) == "low_confidence"
    assert final_rejection(None, 0.8, 0.4) == "low_confidence"


@pytest.mark.parametrize(
    ("speech", "outcome"), [(0.9, None), (None, None), (0.84, "low_confidence")]
)
def test_doubt_is_weighed_where_it_is_known_what_else_may_have_been_said(
    speech: float | None, outcome: str | None
) -> None:
    assert final_rejection(None, speech, 0.2, weighed=True) == outcome


@pytest.mark.parametrize("speech", [0.03, 0.69, 0.84, 0.9, None])
def test_a_certain_engine_outvotes_the_speech_model(speech: float | None) -> None:
    assert final_rejection(None, speech, 0.6, certain=True) is None
    assert final_rejection("known_phrase", speech, 0.6, certain=True) == "known_phrase"


@pytest.mark.parametrize("reason", ["no_speech", "low_confidence"])
def test_two_doubts_outvote_a_certain_engine(reason: str) -> None:
    assert final_rejection(reason, 0.69, 0.6, certain=True) == "not_speech"


@given(
    less=st.floats(0, 1),
    more=st.floats(0, 1),
    confidence=st.none() | st.floats(0, 1),
    reason=st.sampled_from([None, "low_confidence", "no_speech"]),
    answer=st.booleans(),
    weighed=st.booleans(),
)
def test_the_likelier_it_is_speech_the_more_words_stay(
    less: float,
    more: float,
    confidence: float | None,
    reason: str | None,
    *,
    answer: bool,
    weighed: bool,
) -> None:
    less, more = min(less, more), max(less, more)
    how = partial(final_rejection, confidence=confidence, answer=answer, weighed=weighed)
    assert how(reason, less) is not None or how(reason, more) is None
