"""Room for so many streams, and how a server goes down with streams open."""

from contextlib import ExitStack
from typing import Any

from sentivox.engine.engine import Engine
from tests.server.serving import Recogniser, client, kinds, only, pieces, serving, wait_for

TONE = "modalities=audio"
GOODBYE = ["Summary", "Termination"]


def test_a_stream_too_many_is_told_to_come_back_and_no_other_notices(
    engine: Engine, sentence: bytes
) -> None:
    with (
        serving(engine, max_streams=2, late_s=600.0) as running,
        client(running) as http,
        ExitStack() as stack,
    ):
        one, two = (stack.enter_context(running.call(TONE)) for _ in range(2))
        assert one.next()["limits"]["max_streams"] == 2
        two.next()
        one.send(sentence[:64_000])
        full = http.get("/readyz")
        assert full.status_code == 503
        assert full.json()["streams"] == {"open": 2, "max": 2}
        assert full.json()["reason"] == "all streams are taken"
        with running.call(TONE) as third:
            (error,) = third.rest()
        assert (error["code"], error["fatal"], third.code) == ("full", True, 1013)
        assert error["retry_after_s"] == 2.0
        assert kinds(two.finish()) == GOODBYE
        wait_for(lambda: http.get("/readyz").status_code == 200)
        with running.call(TONE) as third:
            assert third.next()["type"] == "Begin"
        messages = one.finish(sentence[64_000:])
    assert only(messages, "Utterance")
    assert not only(messages, "Warning")


def test_while_it_drains_nothing_new_begins_and_what_was_said_is_finished(
    engine: Engine, sentence: bytes
) -> None:
    with serving(engine, late_s=600.0, drain_s=30.0) as running, client(running) as http:
        recogniser = Recogniser(engine)
        with running.call() as caller:
            with recogniser.held():
                caller.send(sentence[:64_000])  # in the middle of an utterance
                caller.until("AudioSentiment")
                running.server.should_exit = True
                wait_for(lambda: running.server.service.draining)
                unready = http.get("/readyz")
                assert unready.status_code == 503
                assert unready.json()["reason"] == "shutting down"
                assert http.post("/v1/analyze", content=b"x").status_code == 503
                with running.call() as late:
                    (error,) = late.rest()
                assert (error["code"], late.code) == ("not_ready", 1012)
                caller.send(sentence[64_000:])  # too late to be heard
            messages = caller.rest()
    (utterance,) = only(messages, "Utterance")
    assert utterance["transcript"]
    assert utterance["end"] <= 2.0
    assert kinds(messages[-2:]) == GOODBYE
    assert (messages[-1]["reason"], caller.code) == ("draining", 1012)


def test_words_that_do_not_come_in_the_grace_time_are_done_without(
    engine: Engine, speech: bytes
) -> None:
    with serving(engine, late_s=600.0, drain_s=0.2) as running:
        recogniser = Recogniser(engine)
        with running.call() as caller, recogniser.held():
            caller.send(speech)
            wait_for(lambda: recogniser.busy and recogniser.queued == 1)
            running.server.should_exit = True
            messages = caller.rest()
    utterances = only(messages, "Utterance")
    assert [u["degraded"] for u in utterances] == [["asr_failed:draining"]] * 2
    assert all(u["audio_sentiment"] for u in utterances)
    assert kinds(messages[-2:]) == GOODBYE
    assert messages[-2]["overall"]["utterances"] == 2
    assert caller.code == 1012


def test_audio_that_was_not_heard_in_the_grace_time_is_counted(
    engine: Engine, sentence: bytes
) -> None:
    silence = bytes(32_000 * 60)
    limits: dict[str, Any] = {
        "late_s": 600.0,
        "drain_s": 0.2,
        "pending_asr_s": 3.0,
        "backlog_s": 600.0,
    }
    with serving(engine, **limits) as running:
        recogniser = Recogniser(engine)
        with running.call() as caller, recogniser.held():
            caller.send(*pieces(sentence + silence, 320_000))  # an upload, held by its words
            wait_for(lambda: recogniser.busy)
            (conversation,) = running.server.service.sessions.conversations
            wait_for(lambda: conversation.intake.waiting_s + conversation._heard / 32_000 > 63.4)
            running.server.should_exit = True
            messages = caller.rest()
    (warning,) = only(messages, "Warning")
    assert warning["code"] == "audio_dropped"
    heard = messages[-1]["audio_seconds"]
    assert round(heard + warning["detail"]["seconds"], 3) == 63.45
    assert only(messages, "Utterance")[0]["degraded"] == ["asr_failed:draining"]
    assert (messages[-1]["reason"], caller.code) == ("draining", 1012)
