"""Webhooks of a real server: what receivers are told of sessions, and that streams do not wait."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from sentivox.client.exposition import parse_metrics
from sentivox.engine.engine import Engine
from sentivox.server.ws.mistakes import MAX_MISTAKES
from sentivox.webhooks.payloads import EVENT_TYPES
from tests.outbound.receivers import Receiver, answers, hangs, in_background
from tests.server.serving import Message, client, only, serving, wait_for
from tests.server.test_process import sentivox
from tests.webhooks.made import SECRET, configured

TONE = "modalities=audio"


def told(receiver: Receiver) -> list[Message]:
    """What a receiver was told, as it verifies it with the official library."""
    return [Webhook(SECRET).verify(r.body, r.headers) for r in receiver.requests]


def of(receiver: Receiver, kind: str) -> list[Message]:
    """The data of all events of a type."""
    return [event["data"] for event in told(receiver) if event["type"] == kind]


def test_a_session_is_told_from_its_start_to_its_end(
    engine: Engine, speech: bytes, tmp_path: Path
) -> None:
    with in_background(answers(204, body=b"")) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with (
            serving(engine, webhooks=hooks, late_s=600.0) as running,
            client(running) as http,
        ):
            with running.call() as caller:
                messages = caller.finish(speech)
            seen: dict[str, float] = {}

            def delivered() -> bool:
                metrics = parse_metrics(http.get("/metrics").text)
                seen.update(
                    {
                        name: value
                        for (name, labels), value in metrics.items()
                        if ("endpoint", "crm") in labels
                    }
                )
                return seen.get("sentivox_webhook_pending") == 0 and len(receiver.requests) == 4

            wait_for(delivered)
    assert sorted(event["type"] for event in told(receiver)) == sorted(
        ["session.started", "utterance.final", "utterance.final", "session.ended"]
    )
    begin, summary, end = messages[0], only(messages, "Summary")[-1], messages[-1]
    (started,) = of(receiver, "session.started")
    assert started == {name: begin[name] for name in ("session_id", "profile", "models", "config")}
    (ended,) = of(receiver, "session.ended")
    assert ended["session_id"] == begin["session_id"]
    assert (ended["reason"], ended["audio_seconds"]) == (end["reason"], end["audio_seconds"])
    assert ended["summary"]["overall"] == summary["overall"]
    assert ended["summary"]["channels"] == summary["channels"]
    finals = [m for m in only(messages, "Utterance") if m["final"]]
    by_id = sorted(of(receiver, "utterance.final"), key=lambda data: data["utterance_id"])
    assert by_id == [{k: v for k, v in m.items() if k not in {"type", "seq", "t"}} for m in finals]
    assert seen["sentivox_webhook_deliveries_total"] == 4


def test_an_event_that_is_not_named_is_not_sent(
    engine: Engine, sentence: bytes, tmp_path: Path
) -> None:
    with in_background(answers(200)) as receiver:
        hooks = configured(tmp_path, ["session.ended"], crm=receiver.port)
        with serving(engine, webhooks=hooks) as running, running.call(TONE) as caller:
            caller.finish(sentence)
    assert [event["type"] for event in told(receiver)] == ["session.ended"]


def test_a_session_that_is_configured_is_told_as_it_is_then(engine: Engine, tmp_path: Path) -> None:
    with in_background(answers(200)) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks) as running, running.call(TONE) as caller:
            caller.say("Configure", min_confidence=0.7)
            caller.finish()
        (started,) = of(receiver, "session.started")
        assert started["config"]["min_confidence"] == 0.7


def test_a_client_that_has_gone_ends_its_session(
    engine: Engine, sentence: bytes, tmp_path: Path
) -> None:
    with in_background(answers(200)) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks, resume_s=0.0, late_s=600.0) as running:
            with running.call(TONE) as caller:
                caller.send(sentence)
                caller.until("Utterance")
                caller.socket.socket.close()
            wait_for(lambda: of(receiver, "session.ended"))
    (ended,) = of(receiver, "session.ended")
    assert ended["reason"] == "disconnected"
    assert ended["audio_seconds"] == pytest.approx(len(sentence) / 32_000)
    assert ended["summary"]["overall"]["utterances"] == 1


def test_a_session_that_fails_ends_too(engine: Engine, tmp_path: Path) -> None:
    with in_background(answers(200)) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks) as running, running.call(TONE) as caller:
            for _ in range(MAX_MISTAKES):
                caller.socket.send("hello")
            caller.rest()
    assert caller.code == 1003
    (ended,) = of(receiver, "session.ended")
    assert ended["reason"] == "too_many_errors"
    assert ended["summary"]["overall"]["utterances"] == 0
    assert len(of(receiver, "session.started")) == 1


def test_the_end_of_a_server_is_the_end_of_its_sessions(
    engine: Engine, sentence: bytes, tmp_path: Path
) -> None:
    with in_background(answers(200)) as receiver:
        hooks = configured(tmp_path, ["session.ended"], crm=receiver.port)
        with serving(engine, webhooks=hooks) as running:
            caller = running.call(TONE).__enter__()
            caller.send(sentence)
            caller.until("SpeechStarted")
        caller.socket.close()
    (ended,) = of(receiver, "session.ended")
    assert ended["reason"] == "draining"


def test_a_receiver_that_hangs_costs_streams_and_shutdown_nothing(
    engine: Engine,
    sentence: bytes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with in_background(hangs) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks, late_s=600.0) as running:
            with running.call(TONE) as caller:
                messages = caller.finish(sentence)
            wait_for(lambda: receiver.requests)
        assert messages[-1]["type"] == "Termination"
    lost = [r.getMessage() for r in caplog.records if "webhooks_lost" in r.getMessage()]
    assert lost == ["webhooks_lost endpoint=crm number=3"]


def test_failures_are_logged_once_and_hold_no_secret(
    engine: Engine,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with in_background(answers(500)) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks) as running:
            for _ in range(5):
                with running.call(TONE) as caller:
                    caller.finish()
            wait_for(lambda: len(receiver.requests) == 10)
    lines = [record.getMessage() for record in caplog.records]
    failed = [line for line in lines if "webhook_failed" in line]
    assert failed == ["webhook_failed endpoint=crm problem='status 500'"]
    assert not any("/crm" in line or SECRET.removeprefix("whsec_") in line for line in lines)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_type_is_in_the_documents(kind: str) -> None:
    text = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
    assert f"`{kind}`" in text


def test_the_example_in_the_documents_is_a_payload() -> None:
    text = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
    example: Any = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert example["type"] in EVENT_TYPES
    assert example.keys() == {"type", "timestamp", "data"}


def test_with_a_store_what_was_not_delivered_goes_on_after_a_restart(
    engine: Engine, sentence: bytes, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/calls.db"
    with in_background(answers(500)) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks, store=store) as running:
            with running.call(TONE) as caller:
                session_id = caller.finish(sentence)[0]["session_id"]
            wait_for(lambda: any(e["type"] == "session.ended" for e in told(receiver)))
    refused = {r.headers["webhook-id"] for r in receiver.requests}
    with in_background(answers(204, body=b"")) as receiver:
        hooks = configured(tmp_path, crm=receiver.port)
        with serving(engine, webhooks=hooks, store=store):
            wait_for(lambda: {r.headers["webhook-id"] for r in receiver.requests} >= refused)
            assert of(receiver, "session.ended")[0]["session_id"] == session_id
        assert len(receiver.requests) == len(refused)  # each is delivered once
    rows = json.loads(sentivox("webhooks", "list", "--store", store, "--json").stdout)
    assert {row["status"] for row in rows["deliveries"]} == {"delivered"}
