"""Stage that scores tone of voice: windows during speech, pooled over the utterance."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from sentivox.fusion.opinion import Opinion, tone_quality
from sentivox.protocol.events import AudioSentiment
from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, JobResult, ToneJob
from sentivox.stream.scoring import PooledTone, ToneWindow, pool
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
from sentivox.stream.stages.live_tone import live_tone, utterance_model_speaks
from sentivox.stream.utterance import OpenUtterance, to_seconds
from sentivox.tone.baseline import Baseline
from sentivox.types import SAMPLE_RATE, FloatArray, ToneScores

TAIL: Final = SAMPLE_RATE // 10
"""Samples (100 ms). The end of an utterance gets an extra window only if more than this of it is
not covered by any window."""

Span = tuple[int, int]
"""A window's absolute samples [start, stop)."""


@dataclass(slots=True, eq=False)
class _Tone:
    """The tone of one utterance.

    Attributes:
        utterance: The utterance.
        windows: Windows scored so far.
        pending: Spans of the windows in progress, keyed by job id.
        unreported: Scored windows not reported yet, because `shift` was not known.
        shift: Shape (3,), the baseline's correction for this utterance, once it is known.
        in_baseline: Whether this utterance has been added to the baseline.
        run_ms: Milliseconds that each window took.
    """

    utterance: OpenUtterance
    windows: list[ToneWindow] = field(default_factory=list[ToneWindow])
    pending: dict[int, Span] = field(default_factory=dict[int, Span])
    unreported: list[tuple[ToneJob, ToneScores]] = field(
        default_factory=list[tuple[ToneJob, ToneScores]]
    )
    shift: FloatArray | None = None
    in_baseline: bool = False
    run_ms: list[float] = field(default_factory=list[float])

    def take(self, span: Span, result: JobResult) -> None:
        """Take the result of one window."""
        self.run_ms.append(result.run_ms)
        if isinstance(result.value, ToneScores):
            self.windows.append(ToneWindow(*span, result.value))
        else:
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            self.utterance.mark_degraded(f"tone_failed:{reason}")

    @property
    def complete(self) -> bool:
        """Whether the utterance has ended and every window of it is scored."""
        return self.utterance.end is not None and not self.pending

    def pooled(
        self, shift: FloatArray | None, min_confidence: float = MIN_CONFIDENCE
    ) -> PooledTone | None:
        """The tone of the whole utterance, corrected by a baseline's shift, or by none."""
        start, end = self.utterance.start, self.utterance.end
        # After a soft cut in the past, some windows already scored lie outside this utterance.
        inside = [
            window if shift is None else window.against(shift)
            for window in self.windows
            if window.start >= start and (end is None or window.stop <= end)
        ]
        # Sorted by time, so that float sums do not depend on the order in which results arrive.
        inside.sort(key=lambda window: window.stop)
        return pool(inside, SAMPLE_RATE, min_confidence)


class ToneStage:
    """Cuts the tone windows of one channel's utterances, and pools their scores.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._reach = round(channel.config.tone_window_s * SAMPLE_RATE)
        self._baselines = defaultdict[str | None, Baseline](Baseline)  # by speaker, if known
        self._features_until = 0  # absolute sample up to which features have been computed
        self._tones: deque[_Tone] = deque()
        self._before: _Tone | None = None  # of the last utterance that ended or was discarded
        self._asked: dict[int, _Tone] = {}  # by job id: the utterance in progress at its start
        self._unsaid: set[int] = set()  # ids of jobs in whose place the utterance model speaks

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the audio modality is on."""
        return cls(channel) if "audio" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Start a window at each hop and at the utterance's end; report windows that are due."""
        match signal:
            case Begun():
                self._begin(utterance)
                return []
            case Hop():
                return [self._window(self._of(utterance), signal.at)]
            case Ended():
                self._before = self._of(utterance)
                return [*self._last(self._before), *self._report_windows()]
            case Discarded():
                self._before = self._of(utterance)
                self._tones.remove(self._before)
                return self._report_windows()
            case Settled():
                self._tones.remove(self._of(utterance))
                return []
            case _:
                return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take the result of one window."""
        asked = self._asked.pop(job.id, None)
        if not isinstance(job, ToneJob) or asked is None:  # the utterance was discarded
            return []
        said = job.id not in self._unsaid
        self._unsaid.discard(job.id)
        if said and isinstance(result.value, ToneScores):
            asked.unreported.append((job, result.value))
        for tone in self._tones:
            if (span := tone.pending.pop(job.id, None)) is not None:
                tone.take(span, result)
        return self._report_windows()

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while windows that it started or took over are in progress, otherwise NOTHING."""
        tone = self._of(utterance)
        asked = any(one is tone for one in self._asked.values())
        return Awaited.MESSAGE if asked or tone.pending else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the tone of the whole utterance, as an opinion too."""
        tone = self._of(utterance)
        draft.add_latency("audio", sum(tone.run_ms) / len(tone.run_ms) if tone.run_ms else 0.0)
        pooled = tone.pooled(tone.shift, self._channel.config.min_confidence)
        if pooled is not None and utterance.end is not None:
            draft.audio_sentiment = pooled.sentiment
            spoken = (utterance.end - utterance.start) / SAMPLE_RATE
            draft.opinions.append(Opinion("tone", pooled.log_probs, tone_quality(spoken)))

    def _of(self, utterance: OpenUtterance) -> _Tone:
        return next(tone for tone in reversed(self._tones) if tone.utterance is utterance)

    def _begin(self, utterance: OpenUtterance) -> None:
        """Start an utterance. After a soft cut in the past, it takes over the windows in its span.

        The features since the cut are computed again, which is rare and simpler than sharing them.
        """
        self._channel.features.begin(utterance.start)
        self._features_until = utterance.start
        tone, before = _Tone(utterance), self._before
        self._tones.append(tone)
        if before is None:
            return
        tone.windows += [w for w in before.windows if w.start >= utterance.start]
        for job_id, span in list(before.pending.items()):
            if span[0] >= utterance.start:
                tone.pending[job_id] = before.pending.pop(job_id)
                if before not in self._tones:  # discarded: it tells of no windows any more
                    self._asked[job_id] = tone

    def _last(self, tone: _Tone) -> list[ToneJob]:
        """A window at the utterance's end, if none reaches it. Every utterance has a window."""
        end = tone.utterance.end or 0
        stops = [w.stop for w in tone.windows] + [stop for _, stop in tone.pending.values()]
        inside = [stop for stop in stops if stop <= end]
        if inside and end - max(inside) <= TAIL:
            return []
        return [self._window(tone, end)]

    def _window(self, tone: _Tone, stop: int) -> ToneJob:
        channel = self._channel
        if channel.level >= Degradation.COARSE_TONE and tone.utterance.end is None:
            tone.utterance.mark_degraded("tone_coarse")
        start = max(tone.utterance.start, stop - self._reach)
        if stop > self._features_until:
            # One call for all new samples: its cost hardly depends on their number.
            channel.features.append(channel.voice.span(self._features_until, stop))
            self._features_until = stop
        job = ToneJob(
            id=channel.jobs.new(self),
            channel=channel.number,
            utterance_id=tone.utterance.id,
            start=to_seconds(start),
            end=to_seconds(stop),
            features=channel.features.window(start, stop),
        )
        tone.pending[job.id] = start, stop
        self._asked[job.id] = tone
        if utterance_model_speaks(channel, stop - tone.utterance.start):
            self._unsaid.add(job.id)
        return job

    def _report_windows(self) -> list[AudioSentiment]:
        """Report scored windows, corrected by the baseline of the utterances before theirs.

        Utterances enter the baseline in order, and only once all their windows are scored, so the
        baseline does not depend on the order in which results arrive.
        """
        events: list[AudioSentiment] = []
        for tone in self._tones:
            baseline = self._baselines[self._channel.speaker(tone.utterance)]
            if tone.shift is None:
                tone.shift = baseline.shift
            events += [
                live_tone(self._channel, job.utterance_id, (job.start, job.end), scores, tone.shift)
                for job, scores in tone.unreported
            ]
            tone.unreported.clear()
            if not tone.complete:
                break
            if not tone.in_baseline and self._channel.config.baseline:
                pooled = tone.pooled(None)
                if pooled is not None:
                    baseline.add(pooled.log_probs)
            tone.in_baseline = True
        return events
