"""The interface of a recording."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import TrackRequest
from sentivox.types import Int16Array


class Recording(Protocol):
    """Audio that is decoded while it is iterated over, such as `audio.files.AudioFile`."""

    @property
    def path(self) -> Path:
        """Path of the file, or the name that stands for one, such as ``<bytes>``."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels: 1 or 2."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds as the file declares, or None. An estimate: only decoding is exact."""
        ...

    @property
    def track(self) -> TrackRequest:
        """The audio track that was asked for, or None for the best one."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """One line each on what was changed or left out; complete after iterating."""
        ...

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where silence stands in for missing audio; complete after iterating."""
        ...

    @property
    def truncated(self) -> bool:
        """Whether the audio ends early or is damaged; known after iterating."""
        ...

    def __iter__(self) -> Iterator[Int16Array]:
        """Yield blocks of shape (channels, n) at 16 kHz; n is 8000 (0.5 s) except in the last.

        Raises:
            AudioError: nothing can be decoded.
        """
        ...
