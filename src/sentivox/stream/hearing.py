"""The words of one utterance: awaited, refused or known, and the language they were found in."""

from dataclasses import dataclass, field
from typing import Final

from sentivox.asr.guard import SPEECH, settled, weigh
from sentivox.stream.jobs import AsrJob, Failed, Result
from sentivox.text.script import count_words
from sentivox.types import UNDETERMINED, Spoken, TextScores, Transcript

CLEAR: Final = 0.8
"""A language found with this probability is the channel's from then on."""

UNDERSTOOD: Final = 0.4
"""Words of a lower confidence tell nothing of the language: a wrong one makes such words."""


@dataclass(frozen=True, slots=True)
class Found:
    """The language that a recogniser found in one utterance.

    Attributes:
        language: BCP-47 primary tag.
        probability: 0…1; 1 where the recogniser gives none.
        confidence: Of the words in that language, 0…1; None where there is no such figure.
    """

    language: str
    probability: float
    confidence: float | None

    @property
    def clear(self) -> bool:
        """Whether the channel may be taken to speak it."""
        understood = self.confidence is None or self.confidence >= UNDERSTOOD
        return understood and self.probability >= CLEAR


@dataclass(slots=True, eq=False)
class Hearing:
    """The words of the audio up to `end`: awaited, then known (possibly ahead of time)."""

    end: int
    pending: int | None = None  # id of the transcription or text job under way
    held: AsrJob | None = None  # the pending transcription, while it waits for the language
    asked: bool = False  # the recogniser was asked for the language
    found: Found | None = None  # what it answered
    confidence: float | None = None  # in words that somebody spoke, right or wrong
    answered: bool = False  # whether there are words is known
    doubtful: Transcript | None = None  # they are there, if it is speech
    transcript: Transcript | None = None
    scores: TextScores | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()
    degraded: list[str] = field(default_factory=list[str])
    queue_ms: float = 0.0
    asr_ms: float = 0.0
    text_ms: float = 0.0

    @property
    def done(self) -> bool:
        """Nothing more will come."""
        return self.pending is None

    def finds(self, result: Result, told: str | None) -> bool:
        """Take the language that the recogniser found; True when the words are not in `told`."""
        said = result.value
        if not isinstance(said, Transcript) or said.language == UNDETERMINED:
            return False
        if said.text.strip() and said.rejected is None:
            probability = 1.0 if said.detected is None else said.detected
            self.found = Found(said.language, probability, said.confidence)
        return told is not None and said.language != told

    def heard(self, result: Result) -> bool:
        """Take the transcription's result; True when there are words, if it is speech."""
        self.answered = True
        self.queue_ms, self.asr_ms = result.queue_ms, self.asr_ms + result.run_ms
        if not isinstance(result.value, Transcript):
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            self.degraded.append(f"asr_failed:{reason}")
            return False
        # There may be laughter where there are no words; a refused text's emotion is nobody's.
        self.events = result.value.events
        if (why := result.value.rejected) and settled(why):
            self.degraded.append(f"asr_rejected:{why}")
            return False
        if not result.value.text.strip():
            self.transcript, self.emotion = result.value, result.value.emotion
            self.degraded.append("no_words")
            return False
        self.doubtful, self.answered = result.value, False
        return True

    def told(self, result: Result) -> Transcript | None:
        """Take whether it is speech; the words to be scored, if any are left."""
        self.answered = True
        self.text_ms += result.run_ms
        if (said := self.doubtful) is None:
            raise AssertionError("asked whether something without words is speech")
        # Where nobody can tell, the guard's word stands.
        spoken = result.value.probability if isinstance(result.value, Spoken) else None
        why = weigh(
            said.rejected,
            spoken,
            said.confidence,
            certain=said.certain,
            words=count_words(said.text),
            weighed=bool(said.alternatives),
        )
        if spoken is None or spoken >= SPEECH:
            self.confidence = said.confidence
        elif why is not None:
            self.found = None  # the language of a noise
        if why is not None:
            self.degraded.append(f"asr_rejected:{why}")
            return None
        self.transcript, self.emotion = said, said.emotion
        return said

    def scored(self, result: Result) -> None:
        """Take the text model's result."""
        self.text_ms += result.run_ms
        if isinstance(result.value, TextScores):
            self.scores = result.value
        else:
            reason = result.value.reason if isinstance(result.value, Failed) else "bad_result"
            self.degraded.append(f"text_failed:{reason}")
