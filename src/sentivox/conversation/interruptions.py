"""Who talked over whom. Pure functions of utterances' times.

A turn is what a channel says without giving the floor away: utterances with less than JOIN_S
between them, such as a long one that was cut. A turn that begins while another channel has been
talking for a moment interrupts it, if then

- both talk for TALK_OVER_S or longer, whoever goes on; or
- the other stops first, after both have talked for YIELD_S or longer.

So neither an early start at the end of somebody's turn is an interruption, nor a short "mm-hm".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sentivox.protocol.events import Utterance
from sentivox.protocol.summary import Interruption

JOIN_S = 0.5  # the silence that ends an utterance by default
YIELD_S = 0.3  # in conversation, turns overlap by up to about this without anybody minding
TALK_OVER_S = 1.0  # longer than the words that only say "I am listening"


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """What one channel said from `start` to `end`, by the id of its first utterance."""

    channel: int
    utterance_id: int
    start: float
    end: float


def speaker_turns(utterances: Iterable[Utterance]) -> list[SpeakerTurn]:
    """The turns of all channels, in the order of their starts."""
    joined: list[SpeakerTurn] = []
    last: dict[int, int] = {}  # channel → where its last turn stands
    for u in sorted(utterances, key=lambda u: (u.start, u.channel)):
        at = last.get(u.channel)
        if at is not None and u.start - joined[at].end < JOIN_S:
            joined[at] = replace(joined[at], end=max(joined[at].end, u.end))
        else:
            last[u.channel] = len(joined)
            joined.append(SpeakerTurn(u.channel, u.utterance_id, u.start, u.end))
    return joined


def interruptions(utterances: Iterable[Utterance]) -> list[Interruption]:
    """Every interruption, in the order of time; at most one a turn, of whom it overlaps most."""
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
