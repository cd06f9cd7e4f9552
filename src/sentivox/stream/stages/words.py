"""What is said: each utterance transcribed, ahead of its end where a pause allows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from sentivox.asr.weighing import SPEECH, settled
from sentivox.protocol.events import InterimTranscript
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import AsrJob, Cancel, Failed, Job, Result
from sentivox.stream.language import LanguagePin, warning
from sentivox.stream.scoring import rounded
from sentivox.stream.stage import (
    Awaited,
    Begun,
    ChannelContext,
    Discarded,
    Draft,
    Ended,
    Finding,
    Output,
    Paused,
    Resumed,
    Settled,
    Signal,
)
from sentivox.stream.transcription import Found, Transcription, UtteranceWords
from sentivox.stream.utterance import OpenUtterance, seconds
from sentivox.stream.words import placed
from sentivox.text.chinese import in_script
from sentivox.types import SAMPLE_RATE, UNDETERMINED, Int16Array, Transcript


@dataclass(frozen=True, slots=True, eq=False)
class Heard(Finding):
    """The recogniser's answer, whatever it is worth."""

    transcript: Transcript


@dataclass(frozen=True, slots=True, eq=False)
class Transcribed(Finding):
    """There are words in it, if it is speech: mono int16 at 16 kHz, with its margins."""

    transcript: Transcript
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False)
class Checked(Finding):
    """Whether it is speech, and what becomes of its words.

    Attributes:
        transcript: The words.
        probability: That somebody speaks, 0…1; None where nobody can tell.
        refused: Why they do not count; None where they do.
    """

    transcript: Transcript
    probability: float | None
    refused: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Retracted(Finding):
    """Speech went on after a pause: what was found out of the words is not the utterance."""


class WordsStage:
    """The transcripts of one channel's utterances, and the language they are in.

    Args:
        channel: What its stages share.
    """

    of_words: ClassVar[bool] = True

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._pad = round(channel.config.endpoint.post_pad_s * SAMPLE_RATE)
        self._pin = LanguagePin(channel.config.language, check=channel.check_language)
        self._words: dict[int, UtteranceWords] = {}

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """For a channel whose words are wanted."""
        return cls(channel) if "text" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Take what happened to an utterance."""
        outputs: list[Output | Finding] = []
        match signal:
            case Begun():
                self._words[utterance.id] = UtteranceWords(utterance)
                self._pin.open(self._words[utterance.id])
            case Paused() if self._channel.config.speculate:
                if self._channel.level >= Degradation.NO_SPECULATION:
                    utterance.lack("no_speculation")
                else:
                    self._hear(utterance, signal.end, signal.limit)
            case Resumed():
                outputs += self._retract(utterance)
            case Ended():
                outputs += self._end(utterance, signal)
            case Discarded():
                outputs += self._retract(utterance)
                self._pin.discard(self._words.pop(utterance.id))
            case Settled():
                del self._words[utterance.id]
            case Checked():
                outputs += self._checked(utterance, signal)
            case _:
                return []
        return [*outputs, *self._release()]

    def resolve(self, job: Job, result: Result) -> Sequence[Output | Finding]:
        """Take a transcription."""
        words = self._words.get(job.utterance_id)
        if not isinstance(job, AsrJob) or words is None or words.transcription is None:
            return []
        one = words.transcription
        one.pending = None
        if job.language is None and self._finds(one, result):
            # Asked only to check: what was said counts in the language that was named.
            again = replace(job, id=self._channel.jobs.new(self), language=self._pin.told)
            one.pending, one.asr_ms = again.id, result.run_ms
            return [again]
        if isinstance(result.value, Transcript):
            said = in_script(result.value, self._channel.config.chinese_script)
            result = replace(result, value=said)
        return [*self._heard(words.utterance, one, job, result), *self._release()]

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """Whether a transcription is under way, or waits for the language."""
        one = self._words[utterance.id].transcription
        waiting = one is not None and (one.held is not None or one.pending is not None)
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the transcript."""
        one = self._words[utterance.id].transcription
        if one is None:
            return
        draft.degraded += one.degraded
        draft.took("queue", one.queue_ms)
        draft.took("asr", one.asr_ms)
        draft.transcript = said = one.transcript
        if said is not None and said.words is not None and utterance.end is not None:
            draft.words = placed(said.words, utterance.audio_start, utterance.start, utterance.end)

    def _hear(self, utterance: OpenUtterance, end: int, limit: int) -> None:
        """Have the words up to `end` transcribed; the pad after it stops at `limit`."""
        channel = self._channel
        job = AsrJob(
            id=0,  # until it is released
            channel=channel.number,
            utterance_id=utterance.id,
            audio=channel.voice.span(utterance.audio_start, min(end + self._pad, limit)),
            language=channel.config.language,
            timed=channel.config.words,
        )
        self._words[utterance.id].transcription = Transcription(end=end, held=job)

    def _end(self, utterance: OpenUtterance, ended: Ended) -> list[Output | Finding]:
        """What was heard at the last pause counts, if nothing was said since."""
        one = self._words[utterance.id].transcription
        end = utterance.end or 0
        if one is not None and one.end == end:
            return []
        outputs = self._retract(utterance)
        self._hear(utterance, end, ended.limit)
        return outputs

    def _retract(self, utterance: OpenUtterance) -> list[Output | Finding]:
        """Forget what was heard."""
        words = self._words[utterance.id]
        one, words.transcription = words.transcription, None
        if one is None:
            return []
        outputs: list[Output | Finding] = [Retracted(utterance)]
        if one.pending is not None:
            outputs.append(Cancel(one.pending, self._channel.number))
        return outputs

    def _release(self) -> list[Output]:
        """Transcriptions that can begin: all, or one at a time until the language is known.

        A doubt whether it is the right one goes out with them.
        """
        outputs: list[Output] = []
        for one, standing in self._pin.release():
            if one.held is not None:
                one.asked = standing.language is None or not standing.settled
                language = None if one.asked else standing.language
                one.pending = self._channel.jobs.new(self)
                outputs.append(replace(one.held, id=one.pending, language=language))
                one.held = None
        if (doubt := self._pin.doubt()) is not None:
            outputs.append(warning(doubt, self._channel.number))
        return outputs

    def _finds(self, one: Transcription, result: Result) -> bool:
        """Take the language that the recogniser found; True when the words are in another."""
        said, told = result.value, self._pin.told
        if not isinstance(said, Transcript) or said.language == UNDETERMINED:
            return False
        if said.text.strip() and said.rejected is None:
            probability = 1.0 if said.detected is None else said.detected
            one.found = Found(said.language, probability, said.confidence)
        return told is not None and said.language != told

    def _heard(
        self, utterance: OpenUtterance, one: Transcription, job: AsrJob, result: Result
    ) -> list[Finding]:
        """Take the transcription's result: are there words, if it is speech?"""
        one.answered = True
        one.queue_ms, one.asr_ms = result.queue_ms, one.asr_ms + result.run_ms
        said = result.value
        if not isinstance(said, Transcript):
            reason = said.reason if isinstance(said, Failed) else "bad_result"
            one.degraded.append(f"asr_failed:{reason}")
            return []
        if (why := said.rejected) and settled(why):
            one.degraded.append(f"asr_rejected:{why}")
            return [Heard(utterance, said)]
        if not said.text.strip():
            one.transcript = said
            one.degraded.append("no_words")
            return [Heard(utterance, said), Checked(utterance, said, None, None)]
        one.answered = False
        return [Heard(utterance, said), Transcribed(utterance, said, job.audio)]

    def _checked(self, utterance: OpenUtterance, checked: Checked) -> list[Output | Finding]:
        """Take whether it is speech, and whether the words count."""
        one = self._words[utterance.id].transcription
        said = checked.transcript
        if one is None or not said.text.strip():
            return []
        one.answered = True
        if checked.probability is None or checked.probability >= SPEECH:
            one.confidence = said.confidence
        elif checked.refused is not None:
            one.found = None  # the language of a noise
        if checked.refused is not None:
            return []
        one.transcript = said
        if not self._channel.config.interim or utterance.end is not None:
            return []
        return [self._interim(utterance, one.end, said)]

    def _interim(self, utterance: OpenUtterance, end: int, said: Transcript) -> InterimTranscript:
        """What was found out ahead of time: the speaker pauses, and may go on."""
        return InterimTranscript(
            t=seconds(end),
            channel=self._channel.number,
            utterance_id=utterance.id,
            start=seconds(utterance.start),
            end=seconds(end),
            transcript=said.text,
            language=said.language,
            asr_confidence=rounded(said.confidence),
        )
