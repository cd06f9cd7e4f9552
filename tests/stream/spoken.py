"""Utterances as a summary sees them: when, who, with what score."""

from hypothesis import strategies as st

from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.labels import tendency
from sentivox.protocol.sentiment import Fused

SILENT = Latency(queue=0, vad=0, asr=0, text=0, audio=0, fusion=0, total=0)


def uttered(
    start: float,
    end: float,
    score: float | None = 0.0,
    *,
    channel: int = 0,
    id_: int = 1,
    words: str | None = None,
) -> Utterance:
    """One utterance, of which everything else is left empty."""
    return Utterance(
        t=end,
        channel=channel,
        utterance_id=id_,
        revision=1,
        final=True,
        start=start,
        end=end,
        transcript=words,
        language="en",
        asr_confidence=None,
        text_sentiment=None,
        audio_sentiment=None,
        fused_score=score,
        fused=None
        if score is None
        else Fused(
            label=tendency(score),
            scores={},
            weights={"text": 1.0, "audio": 0.0},
            confidence=1.0,
            agreement=None,
        ),
        latency_ms=SILENT,
        degraded=[],
    )


def talk(*scores: float | None, channel: int = 0, seconds=2.5, pause=3.0) -> list[Utterance]:
    """One speaker's utterances at an even pace."""
    step = seconds + pause
    return [
        uttered(i * step, i * step + seconds, score, channel=channel, id_=i + 1, words=f"no. {i}")
        for i, score in enumerate(scores)
    ]


scores = st.floats(-1, 1).map(lambda x: round(x, 4))
spans = st.tuples(st.floats(0.0, 20), st.floats(0.25, 12))  # a pause, then speech


@st.composite
def speakers(draw: st.DrawFn, *, channels: int = 2, silent: bool = True) -> list[Utterance]:
    """Any conversation: on each channel, utterances one after another."""
    score = st.none() | scores if silent else scores
    spoken: list[Utterance] = []
    for channel in range(channels):
        at = 0.0
        for i, (pause, length) in enumerate(draw(st.lists(spans, max_size=12))):
            start = round(at + pause, 3)
            at = round(start + length, 3)
            spoken.append(uttered(start, at, draw(score), channel=channel, id_=i + 1))
    return sorted(spoken, key=lambda u: (u.start, u.channel))
