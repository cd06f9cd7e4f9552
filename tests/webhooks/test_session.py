"""Which events of a session become webhooks."""

import asyncio
from pathlib import Path
from typing import Any

from sentivox.protocol.events import Alert, Error, Event, SpeechStarted, Termination
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.webhooks.dispatcher import Dispatcher
from sentivox.webhooks.session import SessionWebhooks
from tests.outbound.receivers import answers, receiving
from tests.webhooks.made import configured, until
from tests.webhooks.test_dispatcher import dispatching, verified
from tests.webhooks.test_payloads import begin, summary, utterance

SPEECH = SpeechStarted(session_id="s1", channel=0, utterance_id=1, start=0.0)
END = Termination(session_id="s1", audio_seconds=2.5, utterances=1, reason="closed")
ALERT = Alert(
    session_id="s1",
    rule="angry",
    severity="critical",
    channel=0,
    start=0.5,
    utterance_id=1,
    why="angry",
)


def told(folder: Path, *events: Event, number: int, stopped: bool = False) -> list[Any]:
    """What a receiver of everything is told of a session with these events."""

    async def tell() -> list[Any]:
        async with receiving(answers(200)) as receiver:
            config = configured(folder, crm=receiver.port)
            async with dispatching(config) as (dispatcher, _):
                _play(dispatcher, events, stopped=stopped)
                await until(lambda: len(receiver.requests) >= number)
        return sorted(
            (verified(request) for request in receiver.requests), key=lambda event: event["type"]
        )

    found = asyncio.run(tell())
    assert len(found) == number, found
    return found


def _play(dispatcher: Dispatcher, events: tuple[Event, ...], *, stopped: bool) -> None:
    session = SessionWebhooks(dispatcher)
    for event in events:
        session.take(event)
    if stopped:
        session.stop("s1", 1.5, summary)


def test_the_whole_of_a_session(tmp_path: Path) -> None:
    events = (begin(), SPEECH, utterance(final=False), utterance(), ALERT, summary(), END)
    alert, ended, started, final = told(tmp_path, *events, number=4, stopped=True)
    assert alert["data"]["rule"] == "angry"
    assert ended["data"]["reason"] == "closed"
    assert ended["data"]["summary"]["overall"]["utterances"] == 3
    assert started["data"]["session_id"] == "s1"
    assert final["data"]["transcript"] == "i have waited"


def test_a_session_starts_as_it_is_configured_at_last(tmp_path: Path) -> None:
    warning = WarningEvent(session_id="s1", code="unknown_parameter", message="x")
    events = (begin(language="en"), warning, begin(language="zh"), SPEECH, begin(language="ja"))
    (started,) = told(tmp_path, *events, number=1)
    assert started["data"]["config"]["language"] == "zh"


def test_a_session_starts_after_a_second_without_anything_else(tmp_path: Path) -> None:
    (started,) = told(tmp_path, begin(), number=1)
    assert started["type"] == "session.started"


def test_a_session_that_is_removed_has_ended(tmp_path: Path) -> None:
    ended, _ = told(tmp_path, begin(), number=2, stopped=True)
    assert ended["data"]["reason"] == "disconnected"
    assert ended["data"]["audio_seconds"] == 1.5
    assert ended["data"]["summary"]["overall"]["utterances"] == 3


def test_a_session_that_failed_has_ended_for_that_reason(tmp_path: Path) -> None:
    harmless = Error(session_id="s1", code="bad_config", message="x", fatal=False)
    for code, summarised in (("idle", True), ("internal", False)):
        fatal = Error(session_id="s1", code=code, message="x", fatal=True)
        ended, _ = told(tmp_path, begin(), harmless, fatal, number=2, stopped=True)
        assert ended["data"]["reason"] == code
        assert (ended["data"]["summary"] is not None) == summarised
