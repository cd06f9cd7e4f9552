"""What the rest of us needs of a recording."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import Wanted
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
    def track(self) -> Wanted:
        """The audio track that was asked for, if any."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """A line each on what was done to the audio or left out; complete once iterated."""
        ...

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Known once iterated: where silence stands for what is missing."""
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
