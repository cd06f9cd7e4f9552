"""One utterance on its way: what is known of it, what is awaited, and its messages."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sentivox.fusion.evidence import TextEvidence, ToneEvidence
from sentivox.fusion.fuse import fuse
from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.stream.config import StreamConfig
from sentivox.stream.hearing import Hearing
from sentivox.stream.jobs import Failed, Result, ToneJob
from sentivox.stream.scoring import PooledTone, ToneWindow, fused_of, pool, sentiment_of
from sentivox.stream.words import placed
from sentivox.text.script import count_words
from sentivox.tone.sentiment import SENTIMENT_OF
from sentivox.types import SAMPLE_RATE, FloatArray, ToneScores

Clock = Callable[[], float]


def seconds(samples: int) -> float:
    """Samples on the audio clock in seconds, to the millisecond."""
    return round(samples / SAMPLE_RATE, 3)


@dataclass(slots=True, eq=False)
class Turn:
    """An utterance from onset to its last revision. Samples are absolute."""

    id: int
    start: int
    audio_start: int  # with pre-roll, never reaching into the utterance before
    vad_ms: float  # the stream's running total when this utterance began
    end: int | None = None
    decided_at: int = 0
    decided_clock: float = 0.0
    hearing: Hearing | None = None
    windows: list[ToneWindow] = field(default_factory=list[ToneWindow])
    tone_pending: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    tone_ms: list[float] = field(default_factory=list[float])
    shift: FloatArray | None = None  # against the speaker's usual voice, once that is known
    unsaid: list[tuple[ToneJob, ToneScores]] = field(
        default_factory=list[tuple[ToneJob, ToneScores]]
    )  # windows that wait for it
    usual: bool = False  # it has gone into what is usual
    degraded: list[str] = field(default_factory=list[str])
    late: bool = False
    revision: int = 0
    final: bool = False

    def toned(self, window: tuple[int, int], result: Result) -> None:
        """Take one tone window's result."""
        self.tone_ms.append(result.run_ms)
        if isinstance(result.value, ToneScores):
            self.windows.append(ToneWindow(*window, result.value))
        else:
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            self.lack(f"tone_failed:{reason}")

    def lack(self, what: str) -> None:
        """Say once in `degraded` that it goes without something."""
        if what not in self.degraded:
            self.degraded.append(what)

    @property
    def toned_out(self) -> bool:
        """It is over, and all of its tone is known."""
        return self.end is not None and not self.tone_pending

    @property
    def ready(self) -> bool:
        """Everything that was asked for has come."""
        return not self.tone_pending and (self.hearing is None or self.hearing.done)

    @property
    def understood(self) -> bool:
        """It has ended, and whether there are words in it is known."""
        return self.end is not None and (self.hearing is None or self.hearing.answered)

    @property
    def provisional(self) -> bool:
        """The words are late and the tone is known: say the tone now."""
        return self.late and self.revision == 0 and not self.tone_pending and bool(self.windows)

    def tone(self, shift: FloatArray | None) -> PooledTone | None:
        """The tone of the whole of it, heard against a baseline's shift; or, with None, alone."""
        # A soft cut may lie before windows that were already scored: they are not of this span.
        inside = [
            w if shift is None else w.against(shift)
            for w in self.windows
            if w.start >= self.start and (self.end is None or w.stop <= self.end)
        ]
        # In the order of time: sums of floats must not follow the order of results.
        return pool(sorted(inside, key=lambda w: w.stop), SAMPLE_RATE)

    def message(self, channel: int, config: StreamConfig, clock: Clock) -> Utterance:
        """The next revision of this utterance, from all that is known now."""
        if self.end is None:
            raise AssertionError("an utterance without an endpoint has no message")
        final = self.ready
        hearing = self.hearing if self.hearing is not None and self.hearing.done else None
        transcript = None if hearing is None else hearing.transcript
        scores = None if hearing is None else hearing.scores
        words = None if transcript is None else transcript.words
        # An emotion, and sounds like crying, are heard in the voice: not where that is not wanted.
        signs = hearing if "audio" in config.modalities else None
        emotion = None if signs is None else signs.emotion
        tone = self.tone(self.shift)
        fusing = clock()
        fused = fuse(
            None
            if scores is None or transcript is None
            else TextEvidence(
                scores.sentiment, transcript.confidence, count_words(transcript.text)
            ),
            None
            if tone is None
            else ToneEvidence(tone.log_probs, (self.end - self.start) / SAMPLE_RATE),
            config.calibration,
            None if emotion is None else SENTIMENT_OF.get(emotion),
        )
        now = clock()
        self.revision += 1
        self.final = final
        joint = None if fused is None else fused_of(fused, config.min_confidence)
        return Utterance(
            t=seconds(self.decided_at),
            channel=channel,
            utterance_id=self.id,
            revision=self.revision,
            final=final,
            start=seconds(self.start),
            end=seconds(self.end),
            transcript=None if transcript is None else transcript.text,
            language=None if transcript is None else transcript.language,
            asr_confidence=rounded(None if transcript is None else transcript.confidence),
            text_sentiment=None if scores is None else sentiment_of(scores.sentiment),
            audio_sentiment=None if tone is None else tone.sentiment,
            emotion=emotion,
            events=[] if signs is None else list(signs.events),
            fused_score=None if joint is None else _score(joint.scores),
            fused=joint,
            latency_ms=self._latency(hearing, fusing, now),
            degraded=[
                *self.degraded,
                *(() if hearing is None else hearing.degraded),
                *(() if final else ("asr_late",)),
            ],
            words=None if words is None else placed(words, self.audio_start, self.start, self.end),
        )

    def _latency(self, hearing: Hearing | None, fusing: float, now: float) -> Latency:
        tone_ms = sum(self.tone_ms) / len(self.tone_ms) if self.tone_ms else 0.0
        return Latency(
            queue=0.0 if hearing is None else round(hearing.queue_ms, 2),
            vad=round(self.vad_ms, 2),
            asr=0.0 if hearing is None else round(hearing.asr_ms, 2),
            text=0.0 if hearing is None else round(hearing.text_ms, 2),
            audio=round(tone_ms, 2),
            fusion=round((now - fusing) * 1e3, 3),
            total=round((now - self.decided_clock) * 1e3, 2),
        )


def _score(scores: dict[str, float]) -> float:
    return round(scores["positive"] - scores["negative"], DIGITS)


def rounded(value: float | None) -> float | None:
    """A probability as it goes into an event."""
    return None if value is None else round(value, DIGITS)
