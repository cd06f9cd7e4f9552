"""Stage that checks, with a small classifier, whether an utterance with words is speech at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from sentivox.asr.weighing import final_rejection, is_answer
from sentivox.stream.jobs import Cancel, Job, JobResult, SpeechJob
from sentivox.stream.stage import (
    Awaited,
    ChannelContext,
    Discarded,
    Draft,
    Finding,
    Output,
    Settled,
    Signal,
)
from sentivox.stream.stages.words import TranscriptRetracted, WordsChecked, WordsFound
from sentivox.stream.utterance import OpenUtterance
from sentivox.text.script import count_words
from sentivox.types import SAMPLE_RATE, SpeechScore, Transcript


@dataclass(slots=True, eq=False)
class _Check:
    """The check of one utterance: the job in progress, then its outcome."""

    utterance: OpenUtterance
    transcript: Transcript
    seconds: float  # duration of the audio, including pre-roll and post-pad
    pending: int | None  # id of the job in progress
    refused: str | None = None  # why the words were refused; None if accepted
    run_ms: float = 0.0


class SpeechStage:
    """Decides which of one channel's transcripts to accept.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = True

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._checks: dict[int, _Check] = {}

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the text modality is on."""
        return cls(channel) if "text" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Start the check of a transcript, or drop one that is no longer needed."""
        match signal:
            case WordsFound():
                job = SpeechJob(
                    id=self._channel.jobs.new(self),
                    channel=self._channel.number,
                    utterance_id=utterance.id,
                    audio=signal.audio,
                )
                seconds = len(signal.audio) / SAMPLE_RATE
                self._checks[utterance.id] = _Check(utterance, signal.transcript, seconds, job.id)
                return [job]
            case TranscriptRetracted() | Discarded() | Settled():
                check = self._checks.pop(utterance.id, None)
                if check is None or check.pending is None:
                    return []
                return [Cancel(check.pending, self._channel.number)]
            case _:
                return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take the classifier's result, and decide whether to accept the words."""
        check = self._checks[job.utterance_id]
        check.pending = None
        check.run_ms = result.run_ms
        said = check.transcript
        # Without a probability, the hallucination guard alone decides.
        probability = result.value.probability if isinstance(result.value, SpeechScore) else None
        check.refused = final_rejection(
            said.rejected,
            probability,
            said.confidence,
            certain=said.certain,
            answer=is_answer(count_words(said.text), check.seconds),
            weighed=bool(said.alternatives),
        )
        return [WordsChecked(check.utterance, said, probability, check.refused)]

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while the check is in progress, otherwise NOTHING."""
        check = self._checks.get(utterance.id)
        waiting = check is not None and check.pending is not None
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add why the words were refused, if they were."""
        if (check := self._checks.get(utterance.id)) is None:
            return
        draft.add_latency("text", check.run_ms)
        if check.refused is not None:
            draft.degraded.append(f"asr_rejected:{check.refused}")
