"""The interface of a speech recogniser."""

from typing import Protocol, runtime_checkable

from sentivox.types import Int16Array, Transcript


class Transcriber(Protocol):
    """Transcribes utterances. It runs in a worker process, where it may crash or hang.

    It may also have a bool attribute `detects`: whether it reports the probability of a language
    that it detected, in `Transcript.detected`.
    """

    name: str
    """Engine and model, as reported to clients ("pocketsphinx/en-us")."""

    languages: frozenset[str]
    """BCP-47 primary tags of the languages it understands."""

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe mono int16 audio at 16 kHz, shape (samples,).

        Args:
            audio: One utterance.
            language: The language spoken, or None to detect it.
        """
        ...


@runtime_checkable
class TimingTranscriber(Transcriber, Protocol):
    """A Transcriber that can also return the time of each word."""

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe as `transcribe` does, with words and their times in `Transcript.words`.

        Args:
            audio: One utterance.
            language: The language spoken, or None to detect it.
        """
        ...
