"""An utterance that is not final yet, and the states of its life: one table.

SPEAKING ⇄ PAUSED      somebody speaks, or may have finished
│ end
▼
ENDED ──delay──► LATE ──say_tone──► PROVISIONAL     its tone alone is out
│               │                      │
└──────say──────┴──────────say─────────┤
▼
COMPLETE       out, and a revision is to follow
│ settle
▼
FINAL        reached from any state after ENDED
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from sentivox.types import SAMPLE_RATE

Clock = Callable[[], float]


class State(Enum):
    """Where an utterance is in its life."""

    SPEAKING = auto()
    PAUSED = auto()
    ENDED = auto()
    LATE = auto()
    PROVISIONAL = auto()
    COMPLETE = auto()
    FINAL = auto()
    DISCARDED = auto()


class Move(Enum):
    """What may happen to an utterance."""

    PAUSE = auto()
    RESUME = auto()
    END = auto()
    DISCARD = auto()
    DELAY = auto()
    SAY_TONE = auto()
    SAY = auto()
    SETTLE = auto()


MOVES: Final = {
    (State.SPEAKING, Move.PAUSE): State.PAUSED,
    (State.PAUSED, Move.RESUME): State.SPEAKING,
    (State.SPEAKING, Move.END): State.ENDED,
    (State.PAUSED, Move.END): State.ENDED,
    (State.SPEAKING, Move.DISCARD): State.DISCARDED,
    (State.PAUSED, Move.DISCARD): State.DISCARDED,
    (State.ENDED, Move.DELAY): State.LATE,
    (State.LATE, Move.SAY_TONE): State.PROVISIONAL,
    (State.ENDED, Move.SAY): State.COMPLETE,
    (State.LATE, Move.SAY): State.COMPLETE,
    (State.PROVISIONAL, Move.SAY): State.COMPLETE,
    (State.ENDED, Move.SETTLE): State.FINAL,
    (State.LATE, Move.SETTLE): State.FINAL,
    (State.PROVISIONAL, Move.SETTLE): State.FINAL,
    (State.COMPLETE, Move.SETTLE): State.FINAL,
}
"""Every move there is; any other is a bug, and raises IllegalMove."""


class IllegalMove(RuntimeError):  # noqa: N818  (says what it is)
    """An utterance was to do what its state does not allow: a bug of ours."""

    def __init__(self, state: State, move: Move) -> None:
        super().__init__(f"an utterance that is {state.name} cannot {move.name}")


@dataclass(slots=True, eq=False)
class OpenUtterance:
    """An utterance from its onset to its last revision. Samples are absolute.

    Attributes:
        id: Its number in the channel, from 1.
        start: Where speech begins.
        audio_start: The same with pre-roll, never reaching into the utterance before.
        vad_ms: Milliseconds of voice activity detection: until its end the stream's running
            total when it began, from then on its own.
        end: Where speech ends, once that is known.
        decided_at: Sample at which the end was known.
        decided_clock: The stream's clock at that moment, in seconds.
        state: Where it is in its life.
        revision: How many messages there have been of it.
        degraded: What it goes without, whatever its stages come to.
    """

    id: int
    start: int
    audio_start: int
    vad_ms: float
    end: int | None = None
    decided_at: int = 0
    decided_clock: float = 0.0
    state: State = State.SPEAKING
    revision: int = 0
    degraded: list[str] = field(default_factory=list[str])

    def move(self, move: Move) -> None:
        """Go on to the next state.

        Raises:
            IllegalMove: There is no such move from here.
        """
        after = MOVES.get((self.state, move))
        if after is None:
            raise IllegalMove(self.state, move)
        self.state = after

    def lack(self, what: str) -> None:
        """Say once in `degraded` that it goes without something."""
        if what not in self.degraded:
            self.degraded.append(what)


def seconds(samples: int) -> float:
    """Samples on the audio clock in seconds, to the millisecond."""
    return round(samples / SAMPLE_RATE, 3)
