"""How it is said: windows of speech while somebody speaks, pooled over the utterance."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from sentivox.fusion.opinion import Opinion, tone_quality
from sentivox.protocol.events import AudioSentiment
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, Result, ToneJob
from sentivox.stream.scoring import PooledTone, ToneWindow, named, pool, sentiment_of
from sentivox.stream.stage import (
    Awaited,
    Begun,
    ChannelContext,
    Discarded,
    Draft,
    Ended,
    Finding,
    Hop,
    Output,
    Settled,
    Signal,
)
from sentivox.stream.utterance import OpenUtterance, seconds
from sentivox.tone.baseline import Baseline, against
from sentivox.types import EMOTIONS, SAMPLE_RATE, FloatArray, ToneScores

TAIL: Final = SAMPLE_RATE // 10
"""An unscored end of speech shorter than this gets no window of its own."""

Span = tuple[int, int]
"""Of a window: samples [start, stop)."""


@dataclass(slots=True, eq=False)
class _Tone:
    """The tone of one utterance.

    Attributes:
        windows: Scored so far.
        pending: Windows under way, by job.
        unsaid: Scored windows that have not been told of: what is usual was not known yet.
        shift: Against the speaker's usual voice, once that is known.
        learnt: It has gone into what is usual.
        run_ms: Milliseconds each window took.
    """

    utterance: OpenUtterance
    windows: list[ToneWindow] = field(default_factory=list[ToneWindow])
    pending: dict[int, Span] = field(default_factory=dict[int, Span])
    unsaid: list[tuple[ToneJob, ToneScores]] = field(
        default_factory=list[tuple[ToneJob, ToneScores]]
    )
    shift: FloatArray | None = None
    learnt: bool = False
    run_ms: list[float] = field(default_factory=list[float])

    def take(self, span: Span, result: Result) -> None:
        """Take one window's scores."""
        self.run_ms.append(result.run_ms)
        if isinstance(result.value, ToneScores):
            self.windows.append(ToneWindow(*span, result.value))
        else:
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            self.utterance.lack(f"tone_failed:{reason}")

    @property
    def whole(self) -> bool:
        """The utterance is over, and every window of it is scored."""
        return self.utterance.end is not None and not self.pending

    def pooled(self, shift: FloatArray | None) -> PooledTone | None:
        """The tone of all of it, heard against a baseline's shift; or, with None, alone."""
        start, end = self.utterance.start, self.utterance.end
        # A soft cut may lie before windows that were already scored: they are not of this span.
        inside = [
            window if shift is None else window.against(shift)
            for window in self.windows
            if window.start >= start and (end is None or window.stop <= end)
        ]
        # In the order of time: sums of floats must not follow the order of results.
        return pool(sorted(inside, key=lambda window: window.stop), SAMPLE_RATE)


class ToneStage:
    """Cuts the tone windows of one channel's utterances, and pools what the model says of them.

    Args:
        channel: What its stages share.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._reach = round(channel.config.tone_window_s * SAMPLE_RATE)
        self._baseline = Baseline()
        self._described = 0  # samples that have been through the features
        self._tones: deque[_Tone] = deque()
        self._asked: dict[int, _Tone] = {}  # by job: the utterance that was being spoken

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """For a channel whose tone is wanted."""
        return cls(channel) if "audio" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Take what happened to an utterance."""
        match signal:
            case Begun():
                self._begin(utterance)
                return []
            case Hop():
                return [self._window(self._of(utterance), signal.at)]
            case Ended():
                return [*self._last(self._of(utterance)), *self._say()]
            case Discarded():
                tone = self._of(utterance)
                self._tones.remove(tone)
                self._asked = {job: one for job, one in self._asked.items() if one is not tone}
                return self._say()
            case Settled():
                self._tones.remove(self._of(utterance))
                return []
            case _:
                return []

    def resolve(self, job: Job, result: Result) -> Sequence[Output | Finding]:
        """Take one window's scores."""
        asked = self._asked.pop(job.id, None)
        if not isinstance(job, ToneJob) or asked is None:  # of a discarded utterance
            return []
        if isinstance(result.value, ToneScores):
            asked.unsaid.append((job, result.value))
        for tone in self._tones:
            if (span := tone.pending.pop(job.id, None)) is not None:
                tone.take(span, result)
        return self._say()

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """Whether windows are under way; those count that a soft cut gave to the next one."""
        tone = self._of(utterance)
        asked = any(one is tone for one in self._asked.values())
        return Awaited.MESSAGE if asked or tone.pending else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the tone of the whole utterance."""
        tone = self._of(utterance)
        draft.took("audio", sum(tone.run_ms) / len(tone.run_ms) if tone.run_ms else 0.0)
        pooled = tone.pooled(tone.shift)
        if pooled is not None and utterance.end is not None:
            draft.audio_sentiment = pooled.sentiment
            spoken = (utterance.end - utterance.start) / SAMPLE_RATE
            draft.opinions.append(Opinion("tone", pooled.log_probs, tone_quality(spoken)))

    def _of(self, utterance: OpenUtterance) -> _Tone:
        return next(tone for tone in reversed(self._tones) if tone.utterance is utterance)

    def _begin(self, utterance: OpenUtterance) -> None:
        """An utterance begins; after a soft cut in the past it takes the windows in its span."""
        # After a soft cut the rest is computed once more: rare, and simpler than sharing.
        self._channel.features.begin(utterance.start)
        self._described = utterance.start
        before = self._tones[-1] if self._tones else None
        tone = _Tone(utterance)
        self._tones.append(tone)
        if before is None or before.utterance.end is None:
            return
        tone.windows += [w for w in before.windows if w.start >= utterance.start]
        for job_id, span in list(before.pending.items()):
            if span[0] >= utterance.start:
                tone.pending[job_id] = before.pending.pop(job_id)

    def _last(self, tone: _Tone) -> list[ToneJob]:
        """The end of an utterance, if no window has reached it; every utterance gets one."""
        end = tone.utterance.end or 0
        stops = [w.stop for w in tone.windows] + [stop for _, stop in tone.pending.values()]
        inside = [stop for stop in stops if stop <= end]
        if inside and end - max(inside) <= TAIL:
            return []
        return [self._window(tone, end)]

    def _window(self, tone: _Tone, stop: int) -> ToneJob:
        channel = self._channel
        if channel.level >= Degradation.COARSE_TONE and tone.utterance.end is None:
            tone.utterance.lack("tone_coarse")
        start = max(tone.utterance.start, stop - self._reach)
        if stop > self._described:
            # All that is new at once, when it is wanted: what a call costs hardly grows with it.
            channel.features.append(channel.voice.span(self._described, stop))
            self._described = stop
        job = ToneJob(
            id=channel.jobs.new(self),
            channel=channel.number,
            utterance_id=tone.utterance.id,
            start=seconds(start),
            end=seconds(stop),
            features=channel.features.window(start, stop),
        )
        tone.pending[job.id] = start, stop
        self._asked[job.id] = tone
        return job

    def _say(self) -> list[AudioSentiment]:
        """Tell of windows, each heard against the utterances before the one it was asked for.

        Utterances are looked at in their order and only once their tone is whole, so what is
        usual does not depend on when results come back.
        """
        events: list[AudioSentiment] = []
        for tone in self._tones:
            if tone.shift is None:
                tone.shift = self._baseline.shift
            events += [self._event(job, scores, tone.shift) for job, scores in tone.unsaid]
            tone.unsaid.clear()
            if not tone.whole:
                break
            if not tone.learnt and self._channel.config.baseline:
                pooled = tone.pooled(None)
                if pooled is not None:
                    self._baseline.add(pooled.log_probs)
            tone.learnt = True
        return events

    def _event(self, job: ToneJob, scores: ToneScores, shift: FloatArray) -> AudioSentiment:
        sentiment = sentiment_of(against(scores.sentiment, shift))
        return AudioSentiment(
            t=job.end,
            channel=self._channel.number,
            utterance_id=job.utterance_id,
            start=job.start,
            end=job.end,
            label=sentiment.label,
            score=sentiment.score,
            scores=sentiment.scores,
            emotions=named(scores.emotions, EMOTIONS),
        )
