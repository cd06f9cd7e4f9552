"""Who speaks when in a recording."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch [start, stop), in absolute samples, in which one speaker talks."""

    start: int
    stop: int
    speaker: str


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of one channel, in order and without overlap."""

    turns: Sequence[Turn]

    @property
    def speakers(self) -> list[str]:
        """The speakers in the order in which they first speak."""
        return list(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def changes(self) -> list[int]:
        """The samples at which one speaker takes over from another without a pause."""
        return [
            later.start
            for turn, later in pairwise(self.turns)
            if turn.stop == later.start and turn.speaker != later.speaker
        ]

    def speaker(self, sample: int) -> str | None:
        """Who speaks at an absolute sample; None if nobody does."""
        at = bisect_right(self.turns, sample, key=lambda turn: turn.start) - 1
        return self.turns[at].speaker if at >= 0 and sample < self.turns[at].stop else None
