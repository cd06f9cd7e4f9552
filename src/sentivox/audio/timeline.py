"""Place decoded audio at its timestamps, with silence where audio was lost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

_NEAR_S: Final = 0.1
"""Error of a timestamp, in seconds, that means no gap: rounding, codec delay, clock drift."""

MAX_GAPS: Final = 1000
"""Gaps that are listed at most."""

_LONGEST_S: Final = 3600.0
"""Longest silence, in seconds, that is believed where the file's length is unknown."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without audio, in seconds from the beginning of the recording."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Decoded samples.

    Attributes:
        samples: Shape (n, channels), of any sample type.
        rate: Hz.
        at: Start in seconds on the container's clock, or None: directly after the piece before.
    """

    samples: NDArray[Any]
    rate: int
    at: float | None

    @property
    def seconds(self) -> float:
        """Duration of the piece."""
        return len(self.samples) / self.rate


class Timeline:
    """Places the pieces of a recording in time.

    A piece that does not follow on from the one before is believed if the next one continues from
    it; otherwise its timestamp is damaged. A clock that jumps back has restarted, and one that
    jumps beyond the end of the file is wrong: in both cases the audio goes on without a gap.

    Args:
        origin: Time on the container's clock, in seconds, at which the recording begins.
        length: Longest possible duration of the recording in seconds, or None if unknown.

    Attributes:
        gaps: Where silence was inserted.
        position: Seconds placed so far.
        wrong: Whether a timestamp was not believed.
    """

    __slots__ = ("_first", "_length", "_offset", "gaps", "position", "wrong")

    def __init__(self, origin: float, length: float | None) -> None:
        self.gaps: list[Gap] = []
        self.position = 0.0
        self.wrong = False
        self._offset = self._first = -origin
        self._length = length

    def place(self, pieces: Iterable[Piece]) -> Iterator[tuple[float, Piece]]:
        """Yield each piece, preceded by the seconds of silence before it."""
        held: Piece | None = None
        for piece in pieces:
            if held is not None:
                yield self._put(held, self._silence(held, piece))
                held = None
            if self._follows(piece):
                yield self._put(piece, 0.0)
            else:
                held = piece
        if held is not None:  # no further piece confirms its timestamp
            yield self._put(held, 0.0)

    def _follows(self, piece: Piece) -> bool:
        """Whether a piece directly follows the last, by the current clock offset or the first."""
        if piece.at is None:
            return True
        for offset in (self._offset, self._first):
            if abs(piece.at + offset - self.position) <= _NEAR_S:
                self._offset = offset
                return True
        return False

    def _silence(self, held: Piece, following: Piece) -> float:
        """Seconds of silence before a piece that does not follow on, judged by the next piece."""
        at = held.at or 0.0
        jump = at + self._offset - self.position
        if following.at is not None:
            if abs(following.at + self._offset - self.position - held.seconds) <= _NEAR_S:
                self.wrong = True  # a single damaged timestamp
                return 0.0
            if following.at < at + held.seconds - _NEAR_S:
                return 0.0  # neither is right, or the next one is wrong
        if jump > 0 and self._believable(jump):
            return jump
        self.wrong |= jump > 0
        self._offset -= jump  # the clock restarted
        return 0.0

    def _believable(self, jump: float) -> bool:
        """Whether the recording can have a gap of so many seconds here."""
        if self._length is None:
            return jump <= _LONGEST_S
        return self.position + jump <= self._length

    def _put(self, piece: Piece, silence: float) -> tuple[float, Piece]:
        """Advance past seconds of silence and a piece, and note the gap."""
        if silence and len(self.gaps) < MAX_GAPS:
            self.gaps.append(Gap(self.position, self.position + silence))
        self.position += silence + piece.seconds
        return silence, piece
