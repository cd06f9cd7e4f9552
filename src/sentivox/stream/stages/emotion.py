"""Stage for the emotion, and sounds such as laughter, that some recognisers report."""

from collections.abc import Sequence
from typing import ClassVar, Self

from sentivox.fusion.fuse import label_opinion
from sentivox.stream.jobs import Job, JobResult
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
from sentivox.stream.stages.words import TranscriptReceived, TranscriptRetracted, WordsChecked
from sentivox.stream.utterance import OpenUtterance
from sentivox.tone.sentiment import SENTIMENT_OF


class EmotionStage:
    """Adds the emotion and sound events that the recogniser reports beside the words.

    Both are inferred from the voice, so they are reported only if the audio modality is on.
    """

    of_words: ClassVar[bool] = True

    def __init__(self) -> None:
        self._events: dict[int, Sequence[str]] = {}
        self._emotions: dict[int, str | None] = {}

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if both modalities, text and audio, are on."""
        return cls() if {"text", "audio"} <= channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Store what the recogniser reported; the emotion only if its transcript is accepted."""
        match signal:
            case TranscriptReceived():
                self._events[utterance.id] = signal.transcript.events
            case WordsChecked(refused=None):
                self._emotions[utterance.id] = signal.transcript.emotion
            case TranscriptRetracted() | Discarded() | Settled():
                self._events.pop(utterance.id, None)
                self._emotions.pop(utterance.id, None)
            case _:
                pass
        return []

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:  # noqa: ARG002
        """Do nothing: this stage has no jobs."""
        return []

    def awaited(self, utterance: OpenUtterance) -> Awaited:  # noqa: ARG002
        """NOTHING: the emotion and events arrive with the transcript."""
        return Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the emotion, as an opinion too, and the sound events."""
        draft.events = self._events.get(utterance.id, ())
        draft.emotion = emotion = self._emotions.get(utterance.id)
        sentiment = None if emotion is None else SENTIMENT_OF.get(emotion)
        if sentiment is not None:
            draft.opinions.append(label_opinion("emotion", sentiment))
