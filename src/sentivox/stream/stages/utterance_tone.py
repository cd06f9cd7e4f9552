"""Stage that scores the tone of each utterance as a whole, once it has ended.

Its result takes the place of the windows' mean (`sentivox.stream.stages.tone`), which stays where
there is none: while the server is overloaded, and where the model fails. With `live_voice` it also
takes the windows' place while somebody speaks, once a second.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from sentivox.fusion.opinion import Opinion, tone_quality
from sentivox.protocol.events import AudioSentiment
from sentivox.protocol.labels import JUDGED_S
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, JobResult, UtteranceToneJob
from sentivox.stream.scoring import shifted, whole_tone
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

LIVE_EVERY: Final = SAMPLE_RATE
"""Samples (1 s) from one live result to the next."""

LIVE_REACH: Final = 4 * SAMPLE_RATE
"""Most samples (4 s) of an utterance that a live result is of: its end."""


@dataclass(slots=True, eq=False)
class _Part:
    """A part of an utterance that is being scored live.

    Attributes:
        utterance: The utterance.
        start: First sample.
        stop: Sample after the last.
        pending: Whether its job is in progress.
        scores: The result; None while the job is in progress, and if it failed.
    """

    utterance: OpenUtterance
    start: int
    stop: int
    pending: bool = True
    scores: ToneScores | None = None


@dataclass(slots=True, eq=False)
class _Verdict:
    """The tone of one utterance as a whole.

    Attributes:
        utterance: The utterance.
        pending: Id of the job in progress.
        scores: The result; None while the job is in progress, and if it failed.
        shift: Shape (3,), the baseline's correction, once all earlier utterances are scored.
        run_ms: Milliseconds that the model took.
    """

    utterance: OpenUtterance
    pending: int | None
    scores: ToneScores | None = None
    shift: FloatArray | None = None
    run_ms: float = 0.0


class UtteranceToneStage:
    """Requests the tone of one channel's utterances, each as a whole.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = False

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._pad = round(channel.config.endpoint.post_pad_s * SAMPLE_RATE)
        self._baselines = defaultdict[str | None, Baseline](Baseline)  # by speaker, if known
        self._verdicts: dict[int, _Verdict] = {}
        self._unshifted: deque[_Verdict] = deque()  # in the order of the utterances
        self._parts: dict[int, _Part] = {}  # by the id of the job in progress
        self._unreported: deque[_Part] = deque()  # in the order of their requests
        self._live_from = 0  # absolute sample from which the next live result is due

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the audio modality is on and there is a model for it."""
        wanted = channel.utterance_tone and "audio" in channel.config.modalities
        return cls(channel) if wanted else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Request the tone of an utterance that ended, unless the server is overloaded."""
        match signal:
            case Begun():
                self._live_from = utterance.start + round(JUDGED_S * SAMPLE_RATE)
            case Hop() if utterance_model_speaks(self._channel, signal.at - utterance.start):
                return self._part(utterance, signal.at)
            case Discarded():
                self._forget(utterance)
            case Ended() if self._channel.level >= Degradation.NO_SPECULATION:
                utterance.mark_degraded("tone_windows_only")
            case Ended():
                return [self._request(utterance, signal.limit)]
            case Settled():
                self._verdicts.pop(utterance.id, None)
            case _:
                pass
        return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take the result of one utterance, or of a part of it."""
        verdict, part = self._verdicts.get(job.utterance_id), self._parts.pop(job.id, None)
        if part is not None:
            part.pending, part.scores = False, self._scores(part.utterance, result)
        elif verdict is not None and verdict.pending == job.id:
            verdict.pending, verdict.run_ms = None, result.run_ms
            verdict.scores = self._scores(verdict.utterance, result)
            self._advance()
        return self._report_parts()

    @staticmethod
    def _scores(utterance: OpenUtterance, result: JobResult) -> ToneScores | None:
        """The scores in a result; None if the job failed, which the utterance is marked with."""
        if isinstance(result.value, ToneScores):
            return result.value
        reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
        utterance.mark_degraded(f"tone_failed:{reason}")
        return None

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while the tone of the utterance, or of one before it, is in progress."""
        verdict = self._verdicts.get(utterance.id)
        waiting = verdict is not None and (verdict.pending is not None or verdict.shift is None)
        silent = any(part.utterance is utterance for part in self._unreported)
        return Awaited.MESSAGE if waiting or silent else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Put the tone of the whole utterance in place of the windows' mean."""
        verdict = self._verdicts.get(utterance.id)
        if verdict is None:
            return
        draft.add_latency("audio", verdict.run_ms)
        if verdict.scores is None or verdict.shift is None or utterance.end is None:
            return
        peak = None if draft.audio_sentiment is None else draft.audio_sentiment.peak
        scores = shifted(verdict.scores, verdict.shift)
        least = self._channel.config.min_confidence
        tone = whole_tone(scores, to_seconds(utterance.end), peak, least)
        draft.audio_sentiment = tone.sentiment
        seconds = (utterance.end - utterance.start) / SAMPLE_RATE
        opinion = Opinion("tone", tone.log_probs, tone_quality(seconds))
        draft.opinions = [o for o in draft.opinions if o.source != opinion.source] + [opinion]

    def _job(self, utterance: OpenUtterance, start: int, stop: int) -> UtteranceToneJob:
        return UtteranceToneJob(
            id=self._channel.jobs.new(self),
            channel=self._channel.number,
            utterance_id=utterance.id,
            audio=self._channel.voice.span(start, stop),
        )

    def _part(self, utterance: OpenUtterance, at: int) -> Sequence[UtteranceToneJob]:
        """Request the tone of the utterance's last seconds up to sample `at`, if it is due."""
        if at < self._live_from:
            return []
        while self._live_from <= at:
            self._live_from += LIVE_EVERY
        start = max(utterance.audio_start, at - LIVE_REACH)
        job = self._job(utterance, start, at)
        self._parts[job.id] = part = _Part(utterance, max(start, utterance.start), at)
        self._unreported.append(part)
        return [job]

    def _forget(self, utterance: OpenUtterance) -> None:
        """Drop the parts of an utterance that is discarded."""
        self._parts = {
            i: part for i, part in self._parts.items() if part.utterance is not utterance
        }
        self._unreported = deque(p for p in self._unreported if p.utterance is not utterance)

    def _request(self, utterance: OpenUtterance, limit: int) -> UtteranceToneJob:
        end = min((utterance.end or 0) + self._pad, limit)
        job = self._job(utterance, utterance.audio_start, end)
        self._verdicts[utterance.id] = verdict = _Verdict(utterance, job.id)
        self._unshifted.append(verdict)
        return job

    def _advance(self) -> None:
        """Correct each utterance by the baseline of those before it, whatever order they came in.

        So the baseline does not depend on the speed of the machine.
        """
        while self._unshifted:
            first = self._unshifted[0]
            baseline = self._baselines[self._channel.speaker(first.utterance)]
            if first.shift is None:
                first.shift = baseline.shift
            if first.pending is not None:
                return
            self._unshifted.popleft()
            if first.scores is not None and self._channel.config.baseline:
                baseline.add(first.scores.sentiment)

    def _report_parts(self) -> list[AudioSentiment]:
        """Report the parts that are scored, corrected by the baseline before their utterances."""
        events: list[AudioSentiment] = []
        while self._unreported and not self._unreported[0].pending:
            part = self._unreported[0]
            shift = self._shift(part.utterance)
            if shift is None:
                break
            self._unreported.popleft()
            if part.scores is not None:
                seconds = to_seconds(part.start), to_seconds(part.stop)
                event = live_tone(self._channel, part.utterance.id, seconds, part.scores, shift)
                events.append(event)
        return events

    def _shift(self, utterance: OpenUtterance) -> FloatArray | None:
        """The baseline's correction for an utterance; None while one before it is not scored."""
        verdict = self._verdicts.get(utterance.id)
        if verdict is not None:
            return verdict.shift
        speaker = self._channel.speaker(utterance)
        return None if self._unshifted else self._baselines[speaker].shift
