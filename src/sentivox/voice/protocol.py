"""The interface of a speaker model."""

from typing import Protocol, runtime_checkable

from sentivox.types import FloatArray, Int16Array


@runtime_checkable
class Voiceprinter(Protocol):
    """Turns an utterance into a voiceprint. It runs in a worker process, as a Transcriber does."""

    name: str
    """Name of the model, as reported to clients and stored with enrolled voices."""

    def embed(self, audio: Int16Array) -> FloatArray:
        """Return the voiceprint of an utterance.

        Args:
            audio: Mono int16 at 16 kHz, shape (n,).

        Returns:
            The voiceprint, shape (dim,), not normalised.

        Raises:
            ValueError: the audio is too short.
        """
        ...
