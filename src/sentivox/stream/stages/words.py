"""Stage that transcribes each utterance, speculatively at a pause where possible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from sentivox.asr.weighing import HIGH_SPEECH, is_final
from sentivox.protocol.events import InterimTranscript
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import AsrJob, Cancel, Failed, Job, JobResult
from sentivox.stream.language import LanguageTracker, warning
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
from sentivox.stream.transcription import DetectedLanguage, Transcription, UtteranceWords
from sentivox.stream.utterance import OpenUtterance, to_seconds
from sentivox.stream.words import placed
from sentivox.text.chinese import in_script
from sentivox.types import SAMPLE_RATE, UNDETERMINED, Int16Array, Transcript


@dataclass(frozen=True, slots=True, eq=False)
class TranscriptReceived(Finding):
    """The recogniser returned a transcript, which may be empty or refused later."""

    transcript: Transcript


@dataclass(frozen=True, slots=True, eq=False)
class WordsFound(Finding):
    """The transcript has words, to be accepted if the audio proves to be speech.

    Attributes:
        transcript: The words.
        audio: Shape (n,), mono int16 at 16 kHz, including pre-roll and post-pad.
    """

    transcript: Transcript
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False)
class WordsChecked(Finding):
    """The words were accepted or refused.

    Attributes:
        transcript: The words.
        probability: Probability that the utterance is speech, 0…1; None where unknown.
        refused: Why the words were refused; None if they were accepted.
    """

    transcript: Transcript
    probability: float | None
    refused: str | None


@dataclass(frozen=True, slots=True, eq=False)
class TranscriptRetracted(Finding):
    """The transcript no longer covers the utterance, because speech resumed after a pause."""


class WordsStage:
    """Requests the transcripts of one channel's utterances, and tracks their language.

    Args:
        channel: State shared by the channel's stages.
    """

    of_words: ClassVar[bool] = True

    def __init__(self, channel: ChannelContext) -> None:
        self._channel = channel
        self._pad = round(channel.config.endpoint.post_pad_s * SAMPLE_RATE)
        self._language = LanguageTracker(channel.config.language, check=channel.check_language)
        self._words: dict[int, UtteranceWords] = {}

    @classmethod
    def of(cls, channel: ChannelContext) -> Self | None:
        """Make the stage if the text modality is on."""
        return cls(channel) if "text" in channel.config.modalities else None

    def on(self, utterance: OpenUtterance, signal: Signal) -> Sequence[Output | Finding]:
        """Start, keep or drop transcriptions, and start those whose language is now known."""
        outputs: list[Output | Finding] = []
        match signal:
            case Begun():
                self._words[utterance.id] = UtteranceWords(utterance)
                self._language.open(self._words[utterance.id])
            case Paused() if self._channel.config.speculate:
                if self._channel.level >= Degradation.NO_SPECULATION:
                    utterance.mark_degraded("no_speculation")
                else:
                    self._hear(utterance, signal.end, signal.limit)
            case Resumed():
                outputs += self._retract(utterance)
            case Ended():
                outputs += self._end(utterance, signal)
            case Discarded():
                outputs += self._retract(utterance)
                self._language.discard(self._words.pop(utterance.id))
            case Settled():
                del self._words[utterance.id]
            case WordsChecked():
                outputs += self._checked(utterance, signal)
            case _:
                return []
        return [*outputs, *self._release()]

    def resolve(self, job: Job, result: JobResult) -> Sequence[Output | Finding]:
        """Take a transcript; transcribe again if it is not in the language that was given."""
        words = self._words.get(job.utterance_id)
        if not isinstance(job, AsrJob) or words is None or words.transcription is None:
            return []
        one = words.transcription
        one.pending = None
        foreign = self._finds(one, result) if job.language is None else None
        if foreign is not None and one.doubted and one.found is not None and one.found.clear:
            # In the given language Whisper would translate it, or invent something.
            result = replace(result, value=replace(foreign, rejected="other_language"))
        elif foreign is not None:
            # Detection was only a check: the transcript has to be in the configured language.
            again = replace(job, id=self._channel.jobs.new(self), language=self._language.told)
            one.pending, one.asr_ms = again.id, result.run_ms
            return [again]
        if isinstance(result.value, Transcript):
            said = in_script(result.value, self._channel.config.chinese_script)
            result = replace(result, value=said)
        return [*self._heard(words.utterance, one, job, result), *self._release()]

    def awaited(self, utterance: OpenUtterance) -> Awaited:
        """MESSAGE while a transcription is in progress or waits for the language, else NOTHING."""
        one = self._words[utterance.id].transcription
        waiting = one is not None and (one.held is not None or one.pending is not None)
        return Awaited.MESSAGE if waiting else Awaited.NOTHING

    def report(self, utterance: OpenUtterance, draft: Draft) -> None:
        """Add the transcript, its word times and its latencies."""
        one = self._words[utterance.id].transcription
        if one is None:
            return
        draft.degraded += one.degraded
        draft.add_latency("queue", one.queue_ms)
        draft.add_latency("asr", one.asr_ms)
        draft.transcript = said = one.transcript
        if said is not None and said.words is not None and utterance.end is not None:
            draft.words = placed(said.words, utterance.audio_start, utterance.start, utterance.end)

    def _hear(self, utterance: OpenUtterance, end: int, limit: int) -> None:
        """Prepare a transcription of the speech up to `end`, padded at most to `limit`."""
        channel = self._channel
        job = AsrJob(
            id=0,  # assigned on release
            channel=channel.number,
            utterance_id=utterance.id,
            audio=channel.voice.span(utterance.audio_start, min(end + self._pad, limit)),
            language=channel.config.language,
            timed=channel.config.words,
        )
        self._words[utterance.id].transcription = Transcription(end=end, held=job)

    def _end(self, utterance: OpenUtterance, ended: Ended) -> list[Output | Finding]:
        """Keep the transcription of the last pause if the speech ends there, or start a new one."""
        one = self._words[utterance.id].transcription
        end = utterance.end or 0
        if one is not None and one.end == end:
            return []
        outputs = self._retract(utterance)
        self._hear(utterance, end, ended.limit)
        return outputs

    def _retract(self, utterance: OpenUtterance) -> list[Output | Finding]:
        """Drop the utterance's transcription, and cancel its job."""
        words = self._words[utterance.id]
        one, words.transcription = words.transcription, None
        if one is None:
            return []
        outputs: list[Output | Finding] = [TranscriptRetracted(utterance)]
        if one.pending is not None:
            outputs.append(Cancel(one.pending, self._channel.number))
        return outputs

    def _release(self) -> list[Output]:
        """Start the transcriptions that can start: one at a time until the language is known.

        A warning about a doubtful language is added to them.
        """
        outputs: list[Output] = []
        for one, standing in self._language.release():
            if one.held is not None:
                one.asked = standing.language is None or not standing.settled
                one.doubted = standing.doubted
                language = None if one.asked else standing.language
                one.pending = self._channel.jobs.new(self)
                outputs.append(replace(one.held, id=one.pending, language=language))
                one.held = None
        if (doubt := self._language.doubt()) is not None:
            outputs.append(warning(doubt, self._channel.number, self._channel.label))
        return outputs

    def _finds(self, one: Transcription, result: JobResult) -> Transcript | None:
        """Store the detected language; return the transcript if it is not the configured one."""
        said, told = result.value, self._language.told
        if not isinstance(said, Transcript) or said.language == UNDETERMINED:
            return None
        if said.text.strip() and said.rejected is None:
            probability = 1.0 if said.detected is None else said.detected
            one.found = DetectedLanguage(said.language, probability, said.confidence)
        return said if told is not None and said.language != told else None

    def _heard(
        self, utterance: OpenUtterance, one: Transcription, job: AsrJob, result: JobResult
    ) -> list[Finding]:
        """Take a transcription's result, and report whether it has words to be checked."""
        one.answered = True
        one.queue_ms, one.asr_ms = result.queue_ms, one.asr_ms + result.run_ms
        said = result.value
        if not isinstance(said, Transcript):
            reason = said.reason if isinstance(said, Failed) else "bad_result"
            one.degraded.append(f"asr_failed:{reason}")
            return []
        if (why := said.rejected) and is_final(why):
            one.degraded.append(f"asr_rejected:{why}")
            return [TranscriptReceived(utterance, said)]
        if not said.text.strip():
            one.transcript = said
            one.degraded.append("no_words")
            return [TranscriptReceived(utterance, said), WordsChecked(utterance, said, None, None)]
        one.answered = False
        return [TranscriptReceived(utterance, said), WordsFound(utterance, said, job.audio)]

    def _checked(self, utterance: OpenUtterance, checked: WordsChecked) -> list[Output | Finding]:
        """Take whether the words were accepted; return the interim transcript, if requested."""
        one = self._words[utterance.id].transcription
        said = checked.transcript
        if one is None or not said.text.strip():
            return []
        one.answered = True
        if checked.probability is None or checked.probability >= HIGH_SPEECH:
            one.confidence = said.confidence
        elif checked.refused is not None:
            one.found = None  # a language detected in noise means nothing
        if checked.refused is not None:
            return []
        one.transcript = said
        if not self._channel.config.interim or utterance.end is not None:
            return []
        return [self._interim(utterance, one.end, said)]

    def _interim(self, utterance: OpenUtterance, end: int, said: Transcript) -> InterimTranscript:
        """The interim transcript at a pause that ends at sample `end` of the speech."""
        return InterimTranscript(
            t=to_seconds(end),
            channel=self._channel.number,
            utterance_id=utterance.id,
            start=to_seconds(utterance.start),
            end=to_seconds(end),
            transcript=said.text,
            language=said.language,
            asr_confidence=rounded(said.confidence),
        )
