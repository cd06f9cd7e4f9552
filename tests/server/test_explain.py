"""POST /v1/explain: which words the sentiment of a transcript rests on."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.http.explain import MAX_TEXT
from sentivox.stream.jobs import TextJob
from sentivox.stream.scoring import sentiment_of
from sentivox.types import TextScores
from tests.server.serving import client, only, serving

ANGRY = "i have been waiting for an hour and this is terrible"


def told(http: httpx.Client, text: str, language: str = "en") -> dict[str, Any]:
    answer = http.post("/v1/explain", json={"text": text, "language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


def scored(engine: Engine, text: str) -> TextScores:
    """What the text model says."""
    job = TextJob(id=0, channel=0, utterance_id=0, text=text, language="en")
    scores = engine.submit(job).result().value
    assert isinstance(scores, TextScores)
    return scores


def odds(scores: TextScores) -> float:
    negative, _, positive = np.exp(scores.sentiment)
    return float(positive / negative)


def test_an_effect_is_what_the_odds_lose_without_the_word(
    http: httpx.Client, engine: Engine
) -> None:
    found, whole = told(http, ANGRY), scored(engine, ANGRY)
    assert found["score"] == sentiment_of(whole.sentiment).score < -0.25
    assert found["label"] == "negative"
    assert [w["word"] for w in found["words"]] == ANGRY.split()
    for word in found["words"]:
        rest = scored(engine, ANGRY[: word["start"]] + ANGRY[word["end"] :])
        assert math.exp(word["effect"]) == pytest.approx(odds(whole) / odds(rest), rel=1e-3)
    assert min(found["words"], key=lambda w: w["effect"])["word"] == "terrible"


def test_of_two_angry_words_each_has_its_effect(http: httpx.Client) -> None:
    """Though the score without one of them is hardly another."""
    words = {w["word"]: w["effect"] for w in told(http, f"{ANGRY} i am angry")["words"]}
    assert words["terrible"] < -0.2
    assert words["angry"] < -0.2


def test_a_character_is_a_word_in_chinese_whatever_the_language_is_said_to_be(
    http: httpx.Client,
) -> None:
    text = "太糟糕了"
    for language in ("zh", "zh-CN", "auto"):
        found = told(http, text, language)
        assert [w["word"] for w in found["words"]] == list(text)
        assert found["score"] < 0


def test_a_text_without_words_has_no_score(http: httpx.Client) -> None:
    nothing = {"score": None, "label": "unclear", "words": []}
    assert told(http, " … ") == nothing | {"unscored": "no_words"}
    assert told(http, "좋아요", "ko") == nothing | {"unscored": "no_text_model_for_ko"}


def test_a_long_text_is_explained_by_phrases(http: httpx.Client) -> None:
    found = told(http, "so bad " * 200)
    assert len(found["words"]) == 58
    assert found["words"][0]["word"] == "so bad so bad so bad so"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": ""}, "text: "),
        ({"text": "x" * (MAX_TEXT + 1)}, "text: "),
        ({"text": 5}, "text: "),
        ({"text": "fine", "language": "english"}, "language: "),
        ({"text": "fine", "mood": 1}, "mood: there is no such parameter"),
        ({}, "text: Field required"),
    ],
)
def test_a_wrong_body_is_told_in_one_line(http: httpx.Client, body: object, says: str) -> None:
    answer = http.post("/v1/explain", json=body)
    assert answer.status_code == 422
    (detail,) = answer.json().values()
    assert says in detail
    assert "\n" not in detail


def test_what_is_no_json_or_too_much_is_refused(http: httpx.Client) -> None:
    assert http.post("/v1/explain", content=b"not json").status_code == 422
    assert http.post("/v1/explain", content=b" " * 70_000).status_code == 413


def test_it_takes_a_token_and_a_page_of_this_server(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running, client(running) as http:
        assert http.post("/v1/explain", json={"text": "fine"}).status_code == 401
        http.headers["Authorization"] = f"Bearer {token}"
        assert told(http, "fine")["words"]
        other = http.post(
            "/v1/explain", json={"text": "fine"}, headers={"Origin": "https://elsewhere.example"}
        )
        assert other.status_code == 403


def test_a_server_of_tone_alone_says_that_it_scores_no_words() -> None:
    with (
        Engine.load("embedded", words=False) as deaf,
        serving(deaf) as running,
        client(running) as http,
    ):
        assert told(http, "fine")["unscored"] == "no_text_model_for_en"


def test_many_at_once_are_answered_and_a_stream_loses_nothing(
    engine: Engine, sentence: bytes
) -> None:
    with (
        serving(engine, late_s=600.0) as running,
        client(running) as http,
        ThreadPoolExecutor(8) as pool,
        running.call() as caller,
    ):
        waiting = [pool.submit(told, http, ANGRY) for _ in range(24)]
        messages = caller.finish(sentence)
        answers = [one.result() for one in waiting]
    assert answers == [answers[0]] * 24
    (utterance,) = only(messages, "Utterance")
    assert utterance["transcript"]
    assert utterance["degraded"] == []
