"""The guard against text that nobody said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.asr.guard import (
    Evidence,
    audio_rejection,
    doubles,
    is_certain,
    loops,
    normalise_words,
    text_rejection,
)
from sentivox.asr.weighing import final_rejection
from sentivox.types import Int16Array

SURE = Evidence(confidence=0.9, logprob=-0.1, no_speech=0.05)
UNSURE = Evidence(confidence=0.3, logprob=-1.2, no_speech=0.2, inventions=frozenset({"thank you"}))


def hum(seconds: float, swing: int = 1000) -> Int16Array:
    audio = np.zeros(round(seconds * 16_000), np.int16)
    audio[::2] = swing
    return audio


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (hum(0.3), None),
        (hum(0.29), "too_short"),
        (hum(0.0), "too_short"),
        (hum(1.0, swing=16), None),
        (hum(1.0, swing=15), "silence"),
        (np.array([-32768, 32767] * 4000, np.int16), None),
    ],
)
def test_audio_in_which_nothing_is_said(audio: Int16Array, reason: str | None) -> None:
    assert audio_rejection(audio) == reason
    assert text_rejection("hello", audio, SURE) == reason


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        ("a b c d e f g", 1.0, None),
        ("a b c d e f g h", 1.0, "too_fast"),
        ("extraordinary circumstances", 1.0, None),
        ("extraordinary circumstances", 0.9, "too_fast"),
        ("我今天真的很不高兴", 1.0, None),
        ("我今天真的很不高兴你们的服务", 1.0, "too_fast"),
        ("我要 cancel 这个 order", 1.0, None),
    ],
)
def test_text_that_is_too_long_for_its_audio(text: str, seconds: float, reason: str | None) -> None:
    assert text_rejection(text, hum(seconds), SURE) == reason


@pytest.mark.parametrize("text", ["no", "great", "No!", "不要", "好", "incomprehensible"])
@pytest.mark.parametrize("evidence", [SURE, UNSURE])
def test_single_words_survive(text: str, evidence: Evidence) -> None:
    assert text_rejection(text, hum(0.3), evidence) is None


@pytest.mark.parametrize(
    "text",
    [
        "i am here i am here i am here",
        "well I am here, I am here. I am here!",
        "so what do we do now so what do we do now so what do we do now right",
        "谢谢观看谢谢观看谢谢观看",
        "la " * 40,
        "啊" * 60,
    ],
)
def test_loops_are_seen(text: str) -> None:
    assert loops(text)
    assert text_rejection(text, hum(20.0), UNSURE) == "repetition"


ANGER = "I hate you! I hate you! I hate you!"
WAITING = "I have been on hold for a whole hour now. " * 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (ANGER, 3.5),
        ("Are you there? " * 3, 3.5),
        (WAITING, 9.0),
        ("I hate you! " * 6, 6.0),
        ("no " * 20, 6.0),
        ("thank you " * 12, 8.0),
        ("你到底在哪里" * 3, 3.0),
    ],
)
def test_what_is_said_three_times_over_stays_where_the_engine_is_sure(
    text: str, seconds: float
) -> None:
    assert loops(text)
    assert text_rejection(text, hum(seconds), SURE) is None
    assert (
        text_rejection(text, hum(seconds), Evidence()) is None
    )  # it has no figures that speak against it
    assert text_rejection(text, hum(seconds), UNSURE) == "repetition"


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        (ANGER, 1.2, "too_fast"),
        ("thank you " * 40, 30.0, "repetition"),
        ("la " * 40, 30.0, "repetition"),
        ("啊" * 60, 30.0, "repetition"),
        (WAITING * 2, 25.0, "repetition"),
        ("and there was the man who had been there " * 5, 25.0, "repetition"),
        ("this is a sentence of more than twelve words that goes round and round " * 3, 25.0,
         "repetition"),
    ],
)  # fmt: skip
def test_loops_that_nobody_says_go_however_sure_the_engine_is(
    text: str, seconds: float, reason: str
) -> None:
    assert text_rejection(text, hum(seconds), SURE) == reason
    assert final_rejection(reason, 1.0, 1.0) == reason


def test_a_loop_that_only_its_limit_ended_goes() -> None:
    cut = Evidence(confidence=0.9, logprob=-0.1, no_speech=0.05, ended=False)
    assert text_rejection(ANGER, hum(3.5), cut) == "repetition"
    assert text_rejection("I have been waiting for an hour", hum(3.5), cut) is None


@pytest.mark.parametrize(
    "text",
    [
        "no no no",
        "no no no no no",
        "thank you thank you thank you",
        "很好很好很好",
        "不要不要不要",
        "i am here i am here",
        "i have been waiting for an hour and nobody was able to help me with my account",
        "",
    ],
)
def test_what_people_repeat_is_no_loop(text: str) -> None:
    assert not loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "Good morning, how can I help you today? Good morning, how can I help you today?",
        "Well, I hate you! I hate you!",
        "i have been on hold for a whole hour now and nobody ever told me why that is so " * 2,
        "你到底在哪里 你到底在哪里",
        "la " * 40,
    ],
)
def test_a_phrase_that_comes_twice_in_a_row_is_seen(text: str) -> None:
    assert doubles(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no no no no no",
        "thank you thank you thank you",
        "我不要我不要",
        "i hate you and she said i hate you",
        "i have been waiting for an hour and nobody was able to help me with my account",
    ],
)
def test_what_does_not_come_twice_in_a_row_is_not(text: str) -> None:
    assert not doubles(text)


@settings(deadline=None)
@given(st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=3, max_size=12), st.data())
def test_a_phrase_thrice_in_a_row_is_a_loop_wherever_it_stands(phrase, data) -> None:
    before = data.draw(st.lists(st.text("stuvw", min_size=1, max_size=6), max_size=5))
    after = data.draw(st.lists(st.text("stuvw", min_size=1, max_size=6), max_size=5))
    assert loops(" ".join([*before, *phrase * 3, *after]))
    assert doubles(" ".join([*before, *phrase * 2, *after]))


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (Evidence(), None),
        (Evidence(no_speech=0.9), None),
        (Evidence(logprob=-2.0), None),
        (Evidence(no_speech=0.46, logprob=-0.81), "no_speech"),
        (Evidence(no_speech=0.45, logprob=-0.81), None),
        (Evidence(no_speech=0.46, logprob=-0.8), None),
    ],
)
def test_silence_counts_only_where_the_text_is_improbable(
    evidence: Evidence, reason: str | None
) -> None:
    assert text_rejection("all right then", hum(1.0), evidence) == reason


def test_known_inventions_are_refused_only_whole_and_only_in_doubt() -> None:
    assert text_rejection("Thank you.", hum(1.0), UNSURE) == "known_phrase"
    assert text_rejection("Thank you, Anna.", hum(1.0), UNSURE) is None
    sure = Evidence(confidence=0.9, inventions=UNSURE.inventions)
    assert text_rejection("Thank you.", hum(1.0), sure) is None


def test_an_engine_may_need_more_confidence_than_it_has() -> None:
    doubtful = Evidence(confidence=0.4, required=0.5)
    assert text_rejection("and we", hum(1.0), doubtful) == "low_confidence"
    assert text_rejection("and we", hum(1.0), Evidence(confidence=0.5, required=0.5)) is None
    assert text_rejection("", hum(1.0), doubtful) is None


@settings(deadline=None)
@given(st.text(max_size=40), st.floats(0.3, 30))
def test_any_text_is_judged(text: str, seconds: float) -> None:
    assert text_rejection(text, hum(seconds), UNSURE) in {
        None, "no_speech", "repetition", "too_fast", "known_phrase",
    }  # fmt: skip


def test_plain_text_is_words_and_ideographs() -> None:
    assert normalise_words("Don't -- STOP, 谢谢!") == "don't stop 谢 谢"


@pytest.mark.parametrize(
    ("text", "confidence", "no_speech", "sure"),
    [
        ("No!", 0.55, 0.15, True),
        ("No!", 0.54, 0.15, False),
        ("No!", 0.55, 0.16, False),
        ("No!", 0.9, None, False),  # it looks for words alone
        ("No!", None, 0.0, False),
        ("Thank you!", 0.9, 0.0, False),  # what it makes of sneezes
        ("Thank you, Anna.", 0.9, 0.0, True),
    ],
)
def test_an_engine_is_certain_where_all_of_its_figures_say_so(
    text: str, confidence: float | None, no_speech: float | None, *, sure: bool
) -> None:
    evidence = Evidence(confidence=confidence, no_speech=no_speech, inventions=UNSURE.inventions)
    assert is_certain(text, evidence) == sure


def test_a_doubt_never_stands_in_for_what_settles() -> None:
    doubtful = Evidence(confidence=0.3, logprob=-1.2, no_speech=0.9, inventions=UNSURE.inventions)
    assert text_rejection("thank you", hum(1.0), doubtful) == "known_phrase"
    assert text_rejection("a b c d e f g h", hum(1.0), doubtful) == "too_fast"
