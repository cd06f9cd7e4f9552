"""Made conversations, as a store gets them."""

from msgspec import convert
from msgspec.structs import replace

from sentivox.protocol.events import Alert, AudioSentiment, Begin, Latency, Utterance
from sentivox.protocol.sentiment import Fused, Peak, Sentiment, ToneSentiment
from sentivox.protocol.summary import ChannelSummary
from sentivox.store.records import AnyChange, Began, Ended, Fired, Said
from sentivox.types import EMOTIONS

AT = 1_760_000_000.0  # 2025-10-09T08:53:20Z

BEGIN = convert(
    {
        "config": {"channels": 2, "roles": ["agent", "customer"]},
        "limits": {},
        "models": {"vad": "v", "tone": "t", "asr": "a", "text": {"en": "x"}},
        "profile": "standard",
    }
    | {"type": "Begin"},
    Begin,
)

SCORES = {"negative": 0.1, "neutral": 0.2, "positive": 0.7}


def said(
    channel: int = 0,
    number: int = 1,
    *,
    revision: int = 1,
    start: float = 0.0,
    score: float | None = 0.5,
    words: str | None = "thank you",
    emotion: str = "happy",
    speaker: str | None = None,
) -> Utterance:
    """An utterance of two seconds."""
    label = "unclear" if score is None else "positive" if score > 0 else "negative"
    emotions = dict.fromkeys(EMOTIONS, 0.05) | {emotion: 0.65}
    return Utterance(
        session_id="made",
        seq=10 * number + revision,
        t=start + 2.5,
        channel=channel,
        utterance_id=number,
        revision=revision,
        final=True,
        start=start,
        end=start + 2.0,
        transcript=words,
        language="en",
        asr_confidence=0.9,
        text_sentiment=Sentiment(label=label, score=score or 0.0, scores=SCORES),
        audio_sentiment=ToneSentiment(
            label=label, score=score or 0.0, scores=SCORES, emotions=emotions,
            peak=Peak(t=start + 1.0, score=0.1),
        ),
        fused_score=score,
        fused=None if score is None else Fused(
            label=label, scores=SCORES, weights={"text": 0.6, "audio": 0.4}, confidence=0.8,
            agreement=True,
        ),
        latency_ms=Latency(queue=0, vad=1, asr=2, text=3, audio=4, fusion=5, total=15),
        degraded=[],
        speaker=speaker,
    )  # fmt: skip


def fired(
    session_id: str, rule: str = "unhappy", seq: int = 90, why: str = "Customer: mean score -0.60."
) -> Fired:
    """An alert."""
    alert = Alert(
        session_id=session_id, seq=seq, t=9.0, rule=rule, severity="warning", channel=1, start=7.0,
        why=why, utterance_id=1,
    )  # fmt: skip
    return Fired(session_id=session_id, alert=alert)


def window(start: float, channel: int = 0, number: int = 1) -> AudioSentiment:
    """A window of half a second of live tone."""
    emotions = {name: round(i / 28, 4) for i, name in enumerate(EMOTIONS)}
    return AudioSentiment(
        session_id="made", channel=channel, utterance_id=number, start=start, end=start + 0.5,
        label="positive", score=0.6, scores=SCORES, emotions=emotions,
    )  # fmt: skip


def channel(number: int, name: str, mean_score: float | None) -> ChannelSummary:
    """The figures of a channel with one utterance."""
    return ChannelSummary(
        channel=number, utterances=1, counts={}, talk_seconds=2.0, mean_score=mean_score,
        trend=None, most_negative=None, most_positive=None, name=name,
    )  # fmt: skip


def session(
    session_id: str,
    *utterances: Utterance,
    at: float = AT,
    owner: str = "",
    tags: tuple[str, ...] = (),
    source: str = "stream",
) -> list[AnyChange]:
    """All changes of a session."""
    began = Began(
        session_id=session_id, at=at, owner=owner, begin=BEGIN, version="1", tags=tags,
        source=source,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    told = [Said(session_id=session_id, utterance=replace(u, session_id=session_id))
            for u in utterances]  # fmt: skip
    return [
        began,
        *told,
        Ended(
            session_id=session_id,
            at=at + 30,
            outcome="closed",
            duration=30.0,
            headline={"en": "Made.", "zh": "造的。"},
        ),
    ]
