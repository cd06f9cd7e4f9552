"""One utterance's transcription: awaited, refused or known, and the language it was found in."""

from dataclasses import dataclass, field
from typing import Final

from sentivox.stream.jobs import AsrJob
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import Transcript

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
class Transcription:
    """Of the audio up to `end`: awaited, then known (possibly ahead of time).

    Attributes:
        end: Sample up to which there is audio in it.
        held: The job, while it waits for the language.
        pending: Id of the job under way.
        asked: The recogniser was asked for the language.
        found: What it answered.
        confidence: In words that somebody spoke, right or wrong.
        answered: Whether there are words is known.
        transcript: What was said; None while that is not known, or where the words do not count.
        degraded: Why there are no words.
        queue_ms: Milliseconds that it waited for a worker.
        asr_ms: Milliseconds that it ran.
    """

    end: int
    held: AsrJob | None = None
    pending: int | None = None
    asked: bool = False
    found: Found | None = None
    confidence: float | None = None
    answered: bool = False
    transcript: Transcript | None = None
    degraded: list[str] = field(default_factory=list[str])
    queue_ms: float = 0.0
    asr_ms: float = 0.0


@dataclass(slots=True, eq=False)
class UtteranceWords:
    """An utterance and its transcription, if one was asked for."""

    utterance: OpenUtterance
    transcription: Transcription | None = None

    @property
    def understood(self) -> bool:
        """It has ended, and whether there are words in it is known."""
        over = self.utterance.end is not None
        return over and (self.transcription is None or self.transcription.answered)
