"""A recording whose reading ends when it is too long, takes too long, or nobody waits for it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sentivox.audio.files import AudioFile
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array


class Abandoned(Exception):  # noqa: N818  (says what became of it)
    """Nobody waits for the answer any more."""


class TooSlow(Exception):  # noqa: N818
    """The time for it is over."""


class BoundedFile(AudioFile):
    """An `AudioFile` that is asked between blocks whether to go on.

    Args:
        path: The file.
        gone: Set once nobody waits.
        mixdown: Mix two channels into one.
        limit_s: Most seconds of audio; what a file declares may not be so.
        within_s: Seconds of wall time from now.

    Raises:
        AudioError: not audio, or (while iterating) too much of it.
    """

    __slots__ = ("_gone", "_limit_s", "_until", "_within_s")

    def __init__(
        self,
        path: Path,
        gone: threading.Event,
        *,
        mixdown: bool,
        limit_s: float,
        within_s: float,
    ) -> None:
        super().__init__(path, mixdown=mixdown)
        self._gone = gone
        self._limit_s = limit_s
        self._within_s = within_s
        self._until = time.monotonic() + within_s

    def __iter__(self) -> Iterator[Int16Array]:
        """Decode from the beginning, in blocks of 0.5 s."""
        seconds = 0.0
        for block in super().__iter__():
            self.check()
            seconds += block.shape[1] / SAMPLE_RATE
            if seconds > self._limit_s:
                raise AudioError(
                    f"{self.path} is longer than {self._limit_s:g} s; send it in parts"
                )
            yield block

    def check(self) -> None:
        """Go on?

        Raises:
            Abandoned: nobody waits.
            TooSlow: time is over.
        """
        if self._gone.is_set():
            raise Abandoned
        if time.monotonic() > self._until:
            raise TooSlow(f"analysis took longer than {self._within_s:g} s; send it in parts")
