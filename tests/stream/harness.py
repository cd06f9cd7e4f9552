"""A session over scripted speech, with models replaced by pure functions of their input.

The core is under test here, so what it is fed must be exact: the "detector" calls loud
windows speech, and each "model" answers from its input alone. Real models are used elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sentivox.audio.pcm import AudioFormat, PcmDecoder
from sentivox.conversation.alerts.combined import Channels
from sentivox.conversation.alerts.evaluator import Evaluator
from sentivox.protocol.begin import Applied, Limits, Models
from sentivox.protocol.events import Begin, Event
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import (
    AsrJob,
    Cancel,
    Failed,
    Job,
    JobResult,
    SpeechJob,
    TextJob,
    ToneJob,
    UtteranceToneJob,
    VoiceJob,
)
from sentivox.stream.session import Numbering, Session
from sentivox.stream.stage import Output, StageFactory
from sentivox.stream.stages import STAGES
from sentivox.stream.stages.speaker import SpeakerTracker
from sentivox.stream.stream import Stream
from sentivox.stream.utterance import Clock
from sentivox.tone.features import FeatureStream
from sentivox.types import (
    SAMPLE_RATE,
    FloatArray,
    Int16Array,
    SpeechScore,
    TextScores,
    ToneScores,
    Transcript,
    Voiceprint,
)
from sentivox.voice.speakers import Speakers
from sentivox.voice.turns import Turns


class LoudnessDetector:
    """Loud is speech; stateless, so that grouping cannot matter."""

    window = 512

    def __call__(self, pcm: Int16Array) -> FloatArray:
        loud = np.abs(pcm.reshape(-1, self.window)).mean(axis=1) > 100
        return np.where(loud, 0.9, 0.05).astype(np.float32)


def speech(*parts: tuple[bool, float]) -> Int16Array:
    """Audio of (spoken, seconds) parts; deterministic noise, loud or faint."""
    rng = np.random.default_rng(7)
    return np.concatenate(
        [
            rng.integers(-8000 if spoken else -20, 8001 if spoken else 21, round(s * SAMPLE_RATE))
            for spoken, s in parts
        ]
    ).astype(np.int16)


def log_probs(seed: float) -> FloatArray:
    x = np.array([np.sin(seed), np.cos(seed), np.sin(3 * seed)], np.float32)
    return (x - np.log(np.exp(x).sum())).astype(np.float32)


def answer(job: Job) -> JobResult:
    """What the scripted models say."""
    match job:
        case ToneJob():
            emotions = np.full(8, 1 / 8, np.float32)
            return JobResult(ToneScores(log_probs(float(job.features.mean())), emotions))
        case UtteranceToneJob():
            emotions = np.eye(8, dtype=np.float32)[len(job.audio) % 8]
            return JobResult(ToneScores(log_probs(float(len(job.audio))), emotions))
        case AsrJob():
            return JobResult(Transcript(f"heard {len(job.audio)}", "en", 0.8))
        case SpeechJob():
            return JobResult(SpeechScore(0.9))
        case TextJob():
            return JobResult(TextScores(log_probs(len(job.text) + float(job.text.split()[-1]))))
        case VoiceJob():
            # Loud parts of equal length are of one speaker.
            return JobResult(Voiceprint(np.eye(16, dtype=np.float32)[len(job.audio) // 8000 % 16]))
        case _:
            raise AssertionError(job)


def failing(_: Job) -> JobResult:
    return JobResult(Failed("crashed"))


def new_session(
    channels: int = 1,
    config: StreamConfig | None = None,
    *,
    check_language: bool = False,
    utterance_tone: bool = False,
    stages: Sequence[StageFactory] = STAGES,
    turns: Turns | None = None,
    clock: Clock = lambda: 0.0,
) -> Session:
    config = config or StreamConfig()
    tracker = SpeakerTracker(Speakers()) if config.speakers else None
    streams = [
        Stream(
            config,
            LoudnessDetector(),
            FeatureStream(),
            channel=c,
            check_language=check_language,
            utterance_tone=utterance_tone,
            stages=stages if tracker is None else (*stages, tracker.stage),
            turns=turns,
            clock=clock,
        )
        for c in range(channels)
    ]
    greeting = Begin(
        config=Applied(
            sample_rate=16_000, encoding="linear16", channels=1, language="en", modalities=[]
        ),
        limits=Limits(),
        models=Models(vad="test", tone="test", asr=None, text={}),
        profile="test",
    )
    decoder = PcmDecoder(AudioFormat(channels=channels))
    spoken_by = Channels(channels, config.channel_names, config.roles)
    alerts = Evaluator(config.alerts, spoken_by) if config.alerts else None
    return Session(streams, decoder, greeting, Numbering("s"), tracker, alerts=alerts)


@dataclass
class Shell:
    """Collects a session's events and runs its jobs when told to."""

    session: Session
    events: list[Event] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    issued: int = 0
    cancelled: int = 0
    resolved: int = 0

    def take(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case Event():
                    self.events.append(output)
                case Cancel():
                    self.cancelled += 1
                    self.waiting = [
                        j
                        for j in self.waiting
                        if (j.channel, j.id) != (output.channel, output.job_id)
                    ]
                case _:
                    self.issued += 1
                    self.waiting.append(output)

    def feed(self, data: bytes) -> None:
        self.take(self.session.feed(data))

    def work(self, *, pick: int = 0, answering=answer) -> None:
        """Resolve one waiting job."""
        job = self.waiting.pop(pick % len(self.waiting))
        self.resolved += 1
        self.take(self.session.resolve(job, answering(job)))

    def work_all(self, answering=answer) -> None:
        while self.waiting:
            self.work(answering=answering)

    def finish(self, answering=answer) -> list[Event]:
        self.take(self.session.close())
        self.work_all(answering)
        return self.events


def chunks(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """`data` cut into pieces of these sizes, over and over."""
    at = i = 0
    while at < len(data):
        size = sizes[i % len(sizes)]
        yield data[at : at + size]
        at += size
        i += 1


def run(data: bytes, sizes: Sequence[int], channels: int = 1) -> list[Event]:
    """All events of a session fed in such pieces, every job answered after its piece."""
    shell = Shell(new_session(channels))
    for piece in chunks(data, sizes):
        shell.feed(piece)
        shell.work_all()
    return shell.finish()
