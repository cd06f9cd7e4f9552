"""A recording whose reading ends when it is too long, stands still, or nobody waits for it."""

import threading
import time
from collections.abc import Iterator

from sentivox.audio.protocol import Recording
from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import Wanted
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array


class Abandoned(Exception):  # noqa: N818  (says what became of it)
    """Nobody waits for the answer any more."""


class TooSlow(Exception):  # noqa: N818
    """The time for it is over."""


class AnalysisWatch:
    """Says whether to go on with a recording.

    Args:
        within_s: Seconds of wall time in which it must come to something. The whole may take any
            time: on a busy machine it does.
    """

    def __init__(self, within_s: float) -> None:
        self.gone = threading.Event()
        """Set once nobody waits."""
        self._within_s = within_s
        self._until = time.monotonic() + within_s

    def check(self) -> None:
        """Go on?

        Raises:
            Abandoned: nobody waits.
            TooSlow: time is over.
        """
        if self.gone.is_set():
            raise Abandoned
        if time.monotonic() > self._until:
            raise TooSlow(
                f"the analysis made no progress for {self._within_s:g} s; try again later"
            )

    def note(self) -> None:
        """It came to something. The same errors as `check`."""
        self.check()
        self._until = time.monotonic() + self._within_s


class BoundedFile:
    """A recording that is asked between blocks whether to go on; itself a `Recording`.

    Args:
        file: The recording.
        watch: Whom to ask.
        limit_s: Most seconds of audio; what a file declares may not be so.
    """

    def __init__(self, file: Recording, watch: AnalysisWatch, *, limit_s: float) -> None:
        self.path = file.path
        self.track: Wanted = file.track
        self.channels = file.channels
        self.duration = file.duration
        self._file = file
        self._watch = watch
        self._limit_s = limit_s

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the audio or left out; complete once iterated."""
        return self._file.notes

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Known once iterated: what is missing."""
        return self._file.gaps

    @property
    def truncated(self) -> bool:
        """Known once iterated: it ends too early or is damaged."""
        return self._file.truncated

    def __iter__(self) -> Iterator[Int16Array]:
        """Blocks of 0.5 s.

        Raises:
            AudioError: not audio, or too much of it.
            Abandoned: nobody waits.
            TooSlow: time is over.
        """
        seconds = 0.0
        for block in self._file:
            self._watch.note()
            seconds += block.shape[1] / SAMPLE_RATE
            if seconds > self._limit_s:
                raise AudioError(
                    f"{self.path} is longer than {self._limit_s:g} s; send it in parts"
                )
            yield block
