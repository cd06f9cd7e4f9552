"""Stage that scores the sentiment of the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from sentivox.fusion.opinion import Opinion, text_quality
from sentivox.stream.jobs import Cancel, Failed, Job, JobResult, TextJob
from sentivox.stream.scoring import sentiment_of
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
from sentivox.stream.stages.words import TranscriptRetracted, WordsChecked
from sentivox.stream.utterance import OpenUtterance
from sentivox.text.script import count_words
from sentivox.types import TextScores, Transcript


@dataclass(slots=True, eq=False)
class _Read:
    """The scoring of one transcript: the id of the job in progress, then its result."""

    transcript: Transcript
    pending: int | None
    result: JobResult | None = None


class TextStage:
    """Scores the sentiment of one channel's transcripts.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = True

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._read: dict[int, _Read] = {}

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the text modality is on."""
        return cls(channel) if "text" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Start scoring an accepted transcript, or drop one that is no longer needed."""
        match signal:
            case WordsChecked(refused=None, transcript=said) if said.text.strip():
                job = TextJob(
                    id=self._channel.jobs.new(self),
                    channel=self._channel.number,
                    utterance_id=utterance.id,
                    text=said.text,
                    language=said.language,
                    alternatives=said.alternatives,
                )
                self._read[utterance.id] = _Read(said, job.id)
                return [job]
            case TranscriptRetracted() | Discarded() | Settled():
                read = self._read.pop(utterance.id, None)
                if read is None or read.pending is None:
                    return []
                return [Cancel(read.pending, self._channel.number)]
            case _:
                return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take the text model's scores."""
        read = self._read[job.utterance_id]
        read.pending, read.result = None, result
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while the words are being scored, otherwise NOTHING."""
        read = self._read.get(utterance.id)
        waiting = read is not None and read.pending is not None
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the sentiment of the words, as an opinion too."""
        read = self._read.get(utterance.id)
        if read is None or read.result is None:
            return
        draft.add_latency("text", read.result.run_ms)
        scores = read.result.value
        if not isinstance(scores, TextScores):
            reason = scores.reason if isinstance(scores, Failed) else "bad_result"
            draft.degraded.append(f"text_failed:{reason}")
            return
        said = read.transcript
        draft.text_sentiment = sentiment_of(scores.sentiment, self._channel.config.min_confidence)
        quality = text_quality(said.confidence, count_words(said.text))
        draft.opinions.append(Opinion("text", scores.sentiment, quality))
