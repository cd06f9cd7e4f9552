"""The state of one utterance's transcription, and the language detected in it."""

from dataclasses import dataclass, field
from typing import Final

from sentivox.stream.jobs import AsrJob
from sentivox.stream.utterance import OpenUtterance
from sentivox.types import Transcript

MIN_LANGUAGE_PROBABILITY: Final = 0.8
"""Probability, 0…1, from which a detected language is taken as the channel's language."""

MIN_CONFIDENCE: Final = 0.4
"""Confidence of the words, 0…1, below which the detected language does not count: recognition in
a wrong language gives words of such confidence."""


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """The language that a recogniser detected in one utterance.

    Attributes:
        language: BCP-47 primary tag.
        probability: Probability of the language, 0…1; 1 where the recogniser gives none.
        confidence: Confidence of the words in that language, 0…1; None where it gives none.
    """

    language: str
    probability: float
    confidence: float | None

    @property
    def clear(self) -> bool:
        """Whether the detection is sure enough to set the channel's language."""
        understood = self.confidence is None or self.confidence >= MIN_CONFIDENCE
        return understood and self.probability >= MIN_LANGUAGE_PROBABILITY


@dataclass(slots=True, eq=False)
class Transcription:
    """State of the transcription of an utterance, possibly begun before the utterance ended.

    Attributes:
        end: Absolute sample number at which the speech in the transcribed audio ends.
        held: The job, while it waits for the language to be known.
        pending: Id of the job in progress.
        asked: Whether the recogniser was to detect the language.
        doubted: Whether another language than the one given was detected before: words that are
            clearly in another language are then rejected.
        found: The language that it detected.
        confidence: The recogniser's confidence, 0…1, if the utterance passed as speech.
        answered: Whether it is known if there are valid words.
        transcript: The valid words; None while unknown, or if the words were refused.
        degraded: Codes that say why there are no words.
        queue_ms: Milliseconds that the job waited for a worker.
        asr_ms: Milliseconds that the recogniser ran, over all attempts.
    """

    end: int
    held: AsrJob | None = None
    pending: int | None = None
    asked: bool = False
    doubted: bool = False
    found: DetectedLanguage | None = None
    confidence: float | None = None
    answered: bool = False
    transcript: Transcript | None = None
    degraded: list[str] = field(default_factory=list[str])
    queue_ms: float = 0.0
    asr_ms: float = 0.0


@dataclass(slots=True, eq=False)
class UtteranceWords:
    """An utterance and its transcription, once one is requested."""

    utterance: OpenUtterance
    transcription: Transcription | None = None

    @property
    def answer(self) -> Transcription | None:
        """The transcription, once the utterance is over and its words are accepted or refused."""
        one = self.transcription
        over = self.utterance.end is not None
        return one if over and one is not None and one.answered else None
