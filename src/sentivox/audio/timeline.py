"""Puts decoded audio where its timestamps say, so that what was lost leaves silence behind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

_NEAR_S: Final = 0.1
"""Timestamps are off by as much without meaning it: rounding, codec delay, clocks that drift."""

MOST_GAPS: Final = 1000
"""That are listed."""

_LONGEST_S: Final = 3600.0
"""Silence that is believed in where the file does not say how long it is."""


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
        at: When they begin, in seconds on the container's clock; None: after what came before.
    """

    samples: NDArray[Any]
    rate: int
    at: float | None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


class Timeline:
    """The place of each piece in a recording.

    A piece that does not follow on what came before is believed if the next one goes on from
    there; else its timestamp is damaged. A clock that jumps back has begun anew, and one that
    jumps beyond the end of the file is wrong: then all goes on without a gap.

    Args:
        origin: The container's time that is the recording's 0.
        length: Seconds that the recording can have at most, or None if unknown.

    Attributes:
        gaps: Where silence was put.
        position: Seconds placed so far.
        wrong: A timestamp was not believed.
    """

    __slots__ = ("_first", "_length", "_offset", "gaps", "position", "wrong")

    def __init__(self, origin: float, length: float | None) -> None:
        self.gaps: list[Gap] = []
        self.position = 0.0
        self.wrong = False
        self._offset = self._first = -origin
        self._length = length

    def place(self, pieces: Iterable[Piece]) -> Iterator[tuple[float, Piece]]:
        """Each piece, and how many seconds of silence come before it."""
        held: Piece | None = None
        for piece in pieces:
            if held is not None:
                yield self._put(held, self._silence(held, piece))
                held = None
            if self._follows(piece):
                yield self._put(piece, 0.0)
            else:
                held = piece
        if held is not None:  # nothing shows that it is right
            yield self._put(held, 0.0)

    def _follows(self, piece: Piece) -> bool:
        """Whether it comes right after what was placed, by the present clock or the first."""
        if piece.at is None:
            return True
        for offset in (self._offset, self._first):
            if abs(piece.at + offset - self.position) <= _NEAR_S:
                self._offset = offset
                return True
        return False

    def _silence(self, held: Piece, following: Piece) -> float:
        """Seconds before a piece that does not follow on, by what comes after it."""
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
        self._offset -= jump  # a clock that began anew
        return 0.0

    def _believable(self, jump: float) -> bool:
        if self._length is None:
            return jump <= _LONGEST_S
        return self.position + jump <= self._length

    def _put(self, piece: Piece, silence: float) -> tuple[float, Piece]:
        if silence and len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(self.position, self.position + silence))
        self.position += silence + piece.seconds
        return silence, piece
