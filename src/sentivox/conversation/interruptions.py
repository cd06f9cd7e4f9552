"""Interruptions: which channel talked over which. Pure functions of utterance times.

A turn is a run of utterances of one channel with gaps shorter than JOIN_S, such as a long utterance
that was cut. A turn that begins at least YIELD_S after the start of another channel's turn, and
before its end, interrupts that turn if

- both talk for TALK_OVER_S or longer, whoever goes on; or
- the other channel stops first, after both have talked for YIELD_S or longer.

So neither an early start at the end of another turn nor a short "mm-hm" is an interruption.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sentivox.protocol.summary import Interruption

JOIN_S = 0.5  # seconds; the default silence that ends an utterance
YIELD_S = 0.3  # seconds by which turns commonly overlap in conversation without interrupting
TALK_OVER_S = 1.0  # seconds; longer than backchannels such as "mm-hm"


class Spoken(Protocol):
    """When an utterance was spoken, in seconds, as an `Utterance` or a `SpeechEnded` says."""

    @property
    def channel(self) -> int:
        """Number of the channel, from 0."""
        ...

    @property
    def utterance_id(self) -> int:
        """Number of the utterance in its channel, from 1."""
        ...

    @property
    def start(self) -> float:
        """Start of speech."""
        ...

    @property
    def end(self) -> float:
        """End of speech."""
        ...


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """A turn of one channel, with `start` and `end` in seconds and its first utterance's id."""

    channel: int
    utterance_id: int
    start: float
    end: float


def speaker_turns(utterances: Iterable[Spoken]) -> list[SpeakerTurn]:
    """The turns of all channels, in the order of their starts."""
    joined: list[SpeakerTurn] = []
    last: dict[int, int] = {}  # channel → index of its last turn in `joined`
    for u in sorted(utterances, key=lambda u: (u.start, u.channel)):
        at = last.get(u.channel)
        if at is not None and u.start - joined[at].end < JOIN_S:
            joined[at] = replace(joined[at], end=max(joined[at].end, u.end))
        else:
            last[u.channel] = len(joined)
            joined.append(SpeakerTurn(u.channel, u.utterance_id, u.start, u.end))
    return joined


def interruptions(utterances: Iterable[Spoken]) -> list[Interruption]:
    """All interruptions in order of time, at most one per turn.

    A turn that interrupts several channels counts for the one it overlaps most.
    """
    found: list[Interruption] = []
    talking: dict[int, SpeakerTurn] = {}  # the last turn of each channel
    for turn in speaker_turns(utterances):
        others = [t for channel, t in talking.items() if channel != turn.channel]
        over = [other for other in others if _interrupts(turn, other)]
        talking[turn.channel] = turn
        if over:
            other = max(over, key=lambda other: _overlap(turn, other))
            found.append(
                Interruption(
                    t=turn.start,
                    by=turn.channel,
                    of=other.channel,
                    utterance_id=turn.utterance_id,
                    overlap_seconds=round(_overlap(turn, other), 3),
                )
            )
    return found


def _overlap(turn: SpeakerTurn, other: SpeakerTurn) -> float:
    return min(turn.end, other.end) - turn.start


def _interrupts(turn: SpeakerTurn, other: SpeakerTurn) -> bool:
    """Whether `turn` interrupts `other`, which began before it."""
    both = _overlap(turn, other)
    if turn.start - other.start < YIELD_S:  # they began together
        return False
    return both >= TALK_OVER_S or (both >= YIELD_S and other.end < turn.end)
