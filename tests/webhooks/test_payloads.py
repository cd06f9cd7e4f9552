"""Bodies of webhooks: short, whatever a session held, and made of what the protocol says."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.begin import Applied, Limits, Models
from sentivox.protocol.events import Alert, Begin, Latency, Summary, Utterance
from sentivox.protocol.sentiment import Fused, Sentiment
from sentivox.protocol.summary import ChannelSummary, Moment, MoodPoint, TimelinePoint
from sentivox.protocol.words import Word
from sentivox.webhooks import payloads

AT = 1764412340.1236


def begin(**config: Any) -> Begin:
    """A Begin with these options."""
    return Begin(
        session_id="s1",
        seq=1,
        config=Applied(**config),
        limits=Limits(),
        models=Models(vad="silero", tone="mfcc", asr="tiny.en", text={"en": "ours"}),
        profile="standard",
    )


def utterance(**fields: Any) -> Utterance:
    """A final Utterance with these fields."""
    zero = Latency(queue=0, vad=0, asr=0, text=0, audio=0, fusion=0, total=0)
    label: Any = {"label": "negative", "scores": {"negative": 0.9}}
    given: dict[str, Any] = {
        "session_id": "s1", "seq": 7, "t": 3.2, "channel": 0, "utterance_id": 2, "revision": 1,
        "final": True, "start": 1.0, "end": 3.0, "transcript": "i have waited", "language": "en",
        "asr_confidence": 0.8, "text_sentiment": Sentiment(score=-0.8, **label),
        "audio_sentiment": None, "fused_score": -0.8,
        "fused": Fused(weights={"text": 1.0}, confidence=0.9, agreement=None, **label),
        "latency_ms": zero, "degraded": [],
    }  # fmt: skip
    return Utterance(**{**given, **fields})


def channel(number: int | None, said: str, **fields: Any) -> ChannelSummary:
    """Figures of a channel whose worst moment has these words."""
    worst = Moment(channel=0, utterance_id=1, start=1.0, score=-0.9, transcript=said)
    return ChannelSummary(
        channel=number, utterances=3, counts={"negative": 3}, talk_seconds=9.0, mean_score=-0.5,
        trend=None, most_negative=worst, most_positive=None, **fields,
    )  # fmt: skip


def summary(said: str = "no", points: int = 3, speakers: int = 0, channels: int = 1) -> Summary:
    """A Summary with this many points in its lists."""
    timeline = [
        TimelinePoint(channel=0, utterance_id=n, start=n, end=n + 1, score=-0.5, label="negative")
        for n in range(points)
    ]
    return Summary(
        session_id="s1",
        seq=9,
        duration=12.0,
        overall=channel(None, said),
        channels=[channel(n, said) for n in range(channels)],
        timeline=timeline,
        mood=[MoodPoint(t=n, channel=0, value=-0.5) for n in range(points)],
        speakers=[channel(0, said, speaker=f"S{n}") for n in range(speakers)],
    )


def short(body: str) -> dict[str, Any]:
    """A body that keeps to the limit, as data."""
    assert len(body.encode()) < 20_000
    return json.loads(body)


def test_session_started_tells_options_and_models() -> None:
    event = begin(language="en", channels=2, roles=("agent", "customer"))
    got = short(payloads.started(event, AT))
    assert (got["type"], got["timestamp"]) == ("session.started", "2025-11-29T10:32:20.123Z")
    data = got["data"]
    assert (data["session_id"], data["profile"]) == ("s1", "standard")
    assert data["models"] == msgspec.to_builtins(event.models)
    assert data["config"] == json.loads(msgspec.json.encode(event.config))
    assert "truncated" not in data


def test_session_ended_has_the_figures_and_no_lists() -> None:
    said = msgspec.structs.replace(summary(points=2000), headline={"en": "It was.", "zh": "是的。"})
    got = short(payloads.ended("s1", "closed", 12.5, said, AT))
    assert got["type"] == "session.ended"
    data = got["data"]
    assert (data["session_id"], data["reason"], data["audio_seconds"]) == ("s1", "closed", 12.5)
    assert data["summary"]["overall"] == msgspec.to_builtins(said.overall)
    assert data["summary"]["duration"] == 12.0
    assert data["summary"]["headline"] == {"en": "It was.", "zh": "是的。"}
    left_out = {"timeline", "mood", "turning_points", "interruptions", "seq", "session_id", "type"}
    assert not left_out & data["summary"].keys()
    assert "truncated" not in data


def test_what_is_too_much_is_left_out_and_that_is_told() -> None:
    data = short(payloads.ended("s1", "closed", 1.0, summary(speakers=200), AT))["data"]
    assert data["truncated"] is True
    assert "speakers" not in data["summary"]
    assert data["summary"]["channels"]
    assert data["summary"]["overall"]


def test_a_session_without_a_summary_ends_too() -> None:
    data = short(payloads.ended("s1", "failed", 0.0, None, AT))["data"]
    assert data["summary"] is None


def test_utterance_final_is_the_utterance() -> None:
    event = utterance()
    got = short(payloads.utterance(event, AT))
    assert got["type"] == "utterance.final"
    whole = msgspec.to_builtins(event)
    assert got["data"] == {k: v for k, v in whole.items() if k not in {"type", "seq", "t"}}


def test_an_utterance_gives_up_its_words_before_its_transcript() -> None:
    words = [Word(word="word", start=1.0, end=1.1, confidence=0.5)] * 500
    data = short(payloads.utterance(utterance(words=words), AT))["data"]
    assert data["truncated"] is True
    assert "words" not in data
    assert data["transcript"] == "i have waited"


def test_alert_fired_has_every_field_of_the_alert() -> None:
    event = Alert(
        session_id="s1", seq=3, t=4.5, rule="angry", severity="critical", channel=1, start=1.5,
        why="angry >= 0.6 for 6 s",
    )  # fmt: skip
    got = short(payloads.alert(event, AT))
    assert got["type"] == "alert.fired"
    assert got["data"] == {
        "session_id": "s1", "t": 4.5, "rule": "angry", "severity": "critical", "channel": 1,
        "start": 1.5, "utterance_id": None, "why": "angry >= 0.6 for 6 s",
    }  # fmt: skip


texts = st.text(max_size=30).flatmap(lambda text: st.integers(0, 2000).map(lambda n: text * n))


@settings(max_examples=40)
@given(texts, st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_no_body_is_too_long(said: str, speakers: int, channels: int, words: bool) -> None:
    said = said.encode(errors="replace").decode()
    spoken = [Word(word=said[:50], start=1.0, end=1.1, confidence=0.5)] * (300 if words else 0)
    short(payloads.ended("s1", "closed", 1.0, summary(said, 5, speakers, channels), AT))
    short(payloads.utterance(utterance(transcript=said, words=spoken), AT))
    short(payloads.started(begin(channel_names=(said,)), AT))
    alert = Alert(rule=said, severity="critical", channel=None, start=0.0, why=said)
    short(payloads.alert(alert, AT))
