"""What every speech recogniser must offer."""

from typing import Protocol, runtime_checkable

from sentivox.types import Int16Array, Transcript


class Transcriber(Protocol):
    """Turns one utterance into words. Lives in a worker process and may crash or hang there."""

    name: str
    """Engine and model, as reported to clients ("pocketsphinx/en-us")."""

    languages: frozenset[str]
    """BCP-47 primary tags it understands."""

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe mono int16 audio at 16 kHz, shape (samples,).

        Args:
            audio: One utterance.
            language: The language spoken, or None to detect it.
        """
        ...


@runtime_checkable
class TimingTranscriber(Transcriber, Protocol):
    """A Transcriber that can also tell when each word was said."""

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """The same as `transcribe`, with the words and their times in `Transcript.words`.

        Args:
            audio: One utterance.
            language: The language spoken, or None to detect it.
        """
        ...
