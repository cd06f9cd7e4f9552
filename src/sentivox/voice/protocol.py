"""What every speaker model must offer."""

from typing import Protocol, runtime_checkable

from sentivox.types import FloatArray, Int16Array


@runtime_checkable
class Voiceprinter(Protocol):
    """Turns an utterance into a voiceprint. Lives in a worker process, like a Transcriber."""

    name: str
    """Model, as reported to clients and kept with enrolled voices."""

    def embed(self, audio: Int16Array) -> FloatArray:
        """The voiceprint, shape (dim,), of mono int16 audio at 16 kHz; its length is not 1."""
        ...
