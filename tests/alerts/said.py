"""Scripted conversations as events: who speaks when, and what is found in it."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from sentivox.conversation.alerts.combined import Channels
from sentivox.conversation.alerts.evaluator import Evaluator
from sentivox.conversation.alerts.rules import read_rules
from sentivox.protocol.events import Alert, Event, SpeechEnded, SpeechStarted, Utterance
from sentivox.protocol.sentiment import Peak, ToneSentiment
from tests.stream.spoken import uttered

DECIDED_S = 0.5  # from the end of speech to the decision that it has ended
CALL = Channels(2, (), ("agent", "customer"))


def turn(
    start: float,
    end: float,
    score: float | None = 0.0,
    *,
    channel: int = 0,
    id_: int = 1,
    words: str | None = None,
    angry: float | None = None,
    speaker: str | None = None,
    degraded: Sequence[str] = (),
) -> list[Event]:
    """The events of one utterance; its result is the last."""
    said = uttered(start, end, score, channel=channel, id_=id_, words=words)
    tone = None
    if angry is not None:
        tone = ToneSentiment(
            label="negative",
            score=0.0,
            scores={},
            emotions={"angry": angry},
            peak=Peak(t=end, score=0.0),
        )
    at = end + DECIDED_S
    return [
        SpeechStarted(t=start + 0.1, channel=channel, utterance_id=id_, start=start),
        SpeechEnded(
            t=at, channel=channel, utterance_id=id_, start=start, end=end, reason="silence"
        ),
        replace(
            said,
            t=at,
            audio_sentiment=tone,
            speaker=speaker,
            degraded=list(degraded),
        ),
    ]


def cough(start: float, end: float, *, channel: int = 0, id_: int = 1) -> list[Event]:
    """Speech too short to be an utterance."""
    began, ended, _ = turn(start, end, channel=channel, id_=id_)
    assert isinstance(ended, SpeechEnded)
    return [began, replace(ended, discarded=True)]


def watched(
    rules: Iterable[dict[str, Any]],
    events: Iterable[Event],
    end: float,
    *,
    channels: Channels = CALL,
) -> list[Alert]:
    """All alerts, with the audio clock moved in tenths of a second up to each event."""
    evaluator = Evaluator(read_rules(rules), channels)
    alerts: list[Alert] = []
    now = 0.0
    for event in sorted(events, key=lambda e: (e.t, isinstance(e, Utterance))):
        while now + 0.1 < event.t:
            now += 0.1
            alerts += evaluator.advance(now)
        alerts += evaluator.take(event)
    return [*alerts, *evaluator.close(end)]


def rule(name: str = "r", **keys: Any) -> dict[str, Any]:
    """A rule without a cooldown."""
    return {"name": name, "cooldown_s": 0.0, **{k.removesuffix("_"): v for k, v in keys.items()}}


def times(alerts: Iterable[Alert]) -> list[float]:
    """When alerts were given."""
    return [alert.t for alert in alerts]
