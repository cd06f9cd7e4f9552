"""Bounds on analysing an upload: its length, time without progress, and the client's presence."""

import threading
import time
from collections.abc import Iterator

from sentivox.audio.protocol import Recording
from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import TrackRequest
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array


class Abandoned(Exception):  # noqa: N818  (named for what happened)
    """The client has disconnected, so the response is no longer wanted."""


class TooSlow(Exception):  # noqa: N818
    """The analysis made no progress within the allowed time."""


class AnalysisWatch:
    """Stops the analysis of a recording when it is abandoned or makes no progress.

    Args:
        within_s: Seconds of wall time within which progress must be reported. The total time is
            unlimited, because on a busy machine an analysis may take long.
    """

    def __init__(self, within_s: float) -> None:
        self.gone = threading.Event()
        """Set when the client has disconnected or the wait for the result has ended."""
        self._within_s = within_s
        self._until = time.monotonic() + within_s

    def check(self) -> None:
        """Raise if the analysis should stop.

        Raises:
            Abandoned: `gone` is set.
            TooSlow: There was no progress for `within_s` seconds.
        """
        if self.gone.is_set():
            raise Abandoned
        if time.monotonic() > self._until:
            raise TooSlow(
                f"the analysis made no progress for {self._within_s:g} s; try again later"
            )

    def note(self) -> None:
        """Report progress, which restarts the time limit. Raises the same errors as `check`."""
        self.check()
        self._until = time.monotonic() + self._within_s


class BoundedFile:
    """A `Recording` that reports progress per block and refuses to be longer than a limit.

    Args:
        file: The recording to wrap.
        watch: Told of each block; its errors end the reading.
        limit_s: Maximum seconds of audio, counted as it is decoded, because the duration that a
            file declares may be wrong.
    """

    def __init__(self, file: Recording, watch: AnalysisWatch, *, limit_s: float) -> None:
        self.path = file.path
        self.track: TrackRequest = file.track
        self.channels = file.channels
        self.duration = file.duration
        self._file = file
        self._watch = watch
        self._limit_s = limit_s

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on what was converted or left out; complete once iterated."""
        return self._file.notes

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps in the audio; complete once iterated."""
        return self._file.gaps

    @property
    def truncated(self) -> bool:
        """Whether the file ends early or is damaged; known once iterated."""
        return self._file.truncated

    def __iter__(self) -> Iterator[Int16Array]:
        """Yield blocks of about 0.5 s: int16 at 16 kHz, shape (channels, samples).

        Raises:
            AudioError: The file is not audio, or is longer than `limit_s`.
            Abandoned: The client has disconnected.
            TooSlow: Decoding and analysis made no progress for too long.
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
