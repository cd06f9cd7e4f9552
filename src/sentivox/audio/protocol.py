"""What the rest of us needs of a recording."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sentivox.types import Int16Array


class Recording(Protocol):
    """Audio that is decoded as it is iterated over, as `audio.files.AudioFile` is."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def channels(self) -> int:
        """1 or 2."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds as the file declares or suggests, or None; the samples decide."""
        ...

    @property
    def note(self) -> str | None:
        """One line for the user about what was done to the audio, or None."""
        ...

    @property
    def truncated(self) -> bool:
        """Known once iterated: it ends too early or is damaged."""
        ...

    def __iter__(self) -> Iterator[Int16Array]:
        """Blocks of shape (channels, n) at 16 kHz, n = 8000 (0.5 s) but for the last.

        Raises:
            AudioError: nothing in it can be decoded.
        """
        ...
