"""Stage that scores the tone of each utterance as a whole, once it has ended.

Its result takes the place of the windows' mean (`sentivox.stream.stages.tone`), which stays where
there is none: while the server is overloaded, and where the model fails.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from sentivox.fusion.opinion import Opinion, tone_quality
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, JobResult, UtteranceToneJob
from sentivox.stream.scoring import shifted, whole_tone
from sentivox.stream.stage import (
    Awaited,
    ChannelContext,
    Draft,
    Ended,
    Finding,
    Output,
    Settled,
    Signal,
)
from sentivox.stream.utterance import OpenUtterance, to_seconds
from sentivox.tone.baseline import Baseline
from sentivox.types import SAMPLE_RATE, FloatArray, ToneScores


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

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the audio modality is on and there is a model for it."""
        wanted = channel.utterance_tone and "audio" in channel.config.modalities
        return cls(channel) if wanted else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Request the tone of an utterance that ended, unless the server is overloaded."""
        match signal:
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
        """Take the result of one utterance."""
        verdict = self._verdicts[job.utterance_id]
        verdict.pending, verdict.run_ms = None, result.run_ms
        if isinstance(result.value, ToneScores):
            verdict.scores = result.value
        else:
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            verdict.utterance.mark_degraded(f"tone_failed:{reason}")
        self._advance()
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while the tone of the utterance, or of one before it, is in progress."""
        verdict = self._verdicts.get(utterance.id)
        waiting = verdict is not None and (verdict.pending is not None or verdict.shift is None)
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

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

    def _request(self, utterance: OpenUtterance, limit: int) -> UtteranceToneJob:
        channel, end = self._channel, utterance.end or 0
        job = UtteranceToneJob(
            id=channel.jobs.new(self),
            channel=channel.number,
            utterance_id=utterance.id,
            audio=channel.voice.span(utterance.audio_start, min(end + self._pad, limit)),
        )
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
