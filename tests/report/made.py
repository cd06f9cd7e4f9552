"""Results made by hand: what a report must cope with, without any model."""

import math
from collections.abc import Sequence

import numpy as np

from sentivox.api.result import Result
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.labels import tendency
from sentivox.protocol.sentiment import Fused, Sentiment
from sentivox.report.waveform import Envelope

MODELS = {
    "vad": "silero-vad/v6",
    "tone": "sentivox-tone-0.5.0",
    "asr": "somebody-elses",
    "text": {"en": "sentivox-text-en-5"},
}


def utterance(
    number: int,
    start: float,
    end: float,
    score: float | None,
    transcript: str | None = "words",
    *,
    channel: int = 0,
) -> Utterance:
    """An utterance of which only the words spoke."""
    label = tendency(score)
    scores = {"negative": 0.2, "neutral": 0.3, "positive": 0.5}
    spoken = score is not None
    return Utterance(
        channel=channel,
        utterance_id=number,
        revision=1,
        final=True,
        start=start,
        end=end,
        transcript=transcript,
        language="en",
        asr_confidence=0.8,
        text_sentiment=Sentiment(label=label, score=score, scores=scores) if spoken else None,
        audio_sentiment=None,
        fused_score=score,
        fused=Fused(
            label=label,
            scores=scores,
            weights={"text": 1.0, "audio": 0.0},
            confidence=0.5,
            agreement=None,
        )
        if spoken
        else None,
        latency_ms=Latency(queue=0, vad=0, asr=0, text=0, audio=0, fusion=0, total=0),
        degraded=[] if spoken else ["no_words"],
    )


def result(
    utterances: Sequence[Utterance],
    *,
    duration: float = 30.0,
    channels: int = 1,
    file: str = "calls/one.wav",
    names: Sequence[str] = (),
) -> Result:
    """What such utterances come to."""
    return Result.gather(
        file=file,
        profile="embedded",
        models=MODELS,
        utterances=utterances,
        summary=summary(utterances, range(channels), duration, names=names),
        truncated=False,
    )


def talk(
    count: int, *, names: Sequence[str] = (), file: str = "calls/one.wav", seconds: float = 3.0
) -> Result:
    """A conversation of two in turns, whose mood goes up and down; some of it is unclear."""
    said = [
        utterance(
            i + 1,
            i * seconds + 0.2,
            (i + 1) * seconds,
            None if i % 7 == 3 else round(0.9 * math.cos(i / 4), 2),
            None if i % 7 == 3 else f"I have been waiting for {i} hours and nobody helped me",
            channel=i % 2,
        )
        for i in range(count)
    ]
    return result(said, duration=max(count * seconds, 30.0), channels=2, file=file, names=names)


def hum(seconds: float, channels: int = 1) -> Envelope:
    """Equally loud all along."""
    return Envelope(np.ones((channels, round(seconds * 50)), dtype=np.float32))
