"""An utterance that is not final yet, and the state machine of its life cycle.

Its states normally follow one another as SPEAKING ⇄ PAUSED, ENDED, COMPLETE, FINAL. If the words
are late, LATE and PROVISIONAL come after ENDED. MOVES holds every transition.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from sentivox.types import SAMPLE_RATE

Clock = Callable[[], float]
"""Returns seconds, from any origin."""


class State(Enum):
    """State of an utterance in its life cycle."""

    SPEAKING = auto()
    """Speech is going on."""
    PAUSED = auto()
    """Speech has stopped, perhaps only for a pause."""
    ENDED = auto()
    """The endpoint is decided; no message was sent yet."""
    LATE = auto()
    """As ENDED, but the words are late, so the tone may be sent without them."""
    PROVISIONAL = auto()
    """The tone was sent alone; the words are to follow in a revision."""
    COMPLETE = auto()
    """A full message was sent; a revision is to follow, such as one with the speaker's name."""
    FINAL = auto()
    """The last message was sent."""
    DISCARDED = auto()
    """Too short to be an utterance; no message is sent."""


class Move(Enum):
    """A transition between states; MOVES lists the legal ones."""

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
"""The next state for every legal (state, move); any other pair raises IllegalMove."""


class IllegalMove(RuntimeError):  # noqa: N818  (says what it is)
    """A move that the utterance's state does not allow: a bug in Sentivox."""

    def __init__(self, state: State, move: Move) -> None:
        super().__init__(f"an utterance that is {state.name} cannot {move.name}")


@dataclass(slots=True, eq=False)
class OpenUtterance:
    """An utterance from its onset to its last revision. Sample numbers are absolute.

    Attributes:
        id: Number of the utterance in its channel, from 1.
        start: Sample at which speech begins.
        audio_start: `start` less the pre-roll, but never inside the utterance before.
        vad_ms: Wall milliseconds of voice activity detection. Until the endpoint, the stream's
            running total at the onset; from then on, the time spent on this utterance.
        end: Sample at which speech ends; None until the endpoint.
        decided_at: Sample at which the endpoint was decided.
        decided_clock: The stream's clock at that moment, in seconds.
        speech_probability: Mean probability of speech, 0…1, in the windows that count as speech;
            known from the endpoint on.
        state: Current state.
        revision: Number of messages sent for it.
        degraded: Codes of what is missing, beyond those that its stages report.
    """

    id: int
    start: int
    audio_start: int
    vad_ms: float
    end: int | None = None
    decided_at: int = 0
    decided_clock: float = 0.0
    speech_probability: float = 1.0
    state: State = State.SPEAKING
    revision: int = 0
    degraded: list[str] = field(default_factory=list[str])

    def move(self, move: Move) -> None:
        """Change the state by a move.

        Raises:
            IllegalMove: The state does not allow this move.
        """
        after = MOVES.get((self.state, move))
        if after is None:
            raise IllegalMove(self.state, move)
        self.state = after

    def mark_degraded(self, what: str) -> None:
        """Add a code to `degraded`, unless it is there already."""
        if what not in self.degraded:
            self.degraded.append(what)


def to_seconds(samples: int) -> float:
    """Convert samples at 16 kHz to seconds, rounded to the millisecond."""
    return round(samples / SAMPLE_RATE, 3)
