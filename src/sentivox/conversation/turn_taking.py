"""How those who take part share the talk: silence, monologues, pauses before answers.

Pure functions of utterance times. A party is a channel, or a speaker where several are told apart
in one channel. Its turns are runs of its utterances with gaps shorter than JOIN_S, as for
interruptions. Nothing depends on how an utterance is cut or how channels are numbered.

- Silence is time in which nobody talks, between the first utterance and the last. What lies before
  and after is not part of the conversation, and may be speech whose utterance is still to come.
- A monologue is a run of one party's turns with only silence between them, each time shorter than
  MONOLOGUE_PAUSE_S. A short "mm-hm" or a failed interruption while the party talks does not end it;
  whatever another party says in a pause does.
- A pause before an answer is the time from the end of one party's turn to the start of another's,
  in which nobody talks. A turn that begins while somebody talks, or after a turn of the same party,
  has none. These are the gaps of Heldner & Edlund 2010, J. Phonetics 38(4) 555-568; their
  "pauses" are those within a party's own speech.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from sentivox.conversation.interruptions import JOIN_S
from sentivox.protocol.events import Utterance
from sentivox.protocol.summary import Span

MONOLOGUE_PAUSE_S: Final = 3.0
"""Seconds of silence that end a monologue: from there on, Amazon Connect Contact Lens counts it as
non-talk time."""

Party = tuple[int, str | None]
"""A channel, and the speaker if several are told apart in it."""

Stretch = tuple[float, float]
"""Start and end of a stretch of time, in seconds."""


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """How turns are taken in a conversation. All times are in seconds.

    Attributes:
        seconds: Time from the first utterance to the last.
        silences: The stretches of it in which nobody talks, in order.
        monologues: The longest monologue of each party.
        pauses: The pauses before the answers of each party.
    """

    seconds: float
    silences: Sequence[Stretch]
    monologues: Mapping[Party, Stretch]
    pauses: Mapping[Party, Sequence[float]]

    @property
    def silence_seconds(self) -> float:
        """Time in which nobody talked."""
        return round(sum(map(_length, self.silences)), 3)

    @property
    def silence_ratio(self) -> float | None:
        """Its share of the time from the first utterance to the last, 0…1; None without any."""
        if self.seconds <= 0:
            return None
        return round(sum(map(_length, self.silences)) / self.seconds, 4)

    @property
    def longest_silence(self) -> Span | None:
        """The longest silence, the first of equally long ones; None if there is none."""
        return _longest(self.silences)

    def longest_monologue(
        self, channel: int | None = None, speaker: str | None = None
    ) -> Span | None:
        """The longest monologue of a channel, a speaker of it, or anybody; None if nobody spoke."""
        found = [self.monologues[party] for party in self._parties(channel, speaker)]
        return _longest(sorted(found))

    def patience(self, channel: int | None = None, speaker: str | None = None) -> float | None:
        """The median pause before the answers of a channel, a speaker of it, or anybody.

        None if there was no answer, as where only one party talks.
        """
        found = [pause for party in self._parties(channel, speaker) for pause in self.pauses[party]]
        return round(median(found), 3) if found else None

    def _parties(self, channel: int | None, speaker: str | None) -> list[Party]:
        return [
            party
            for party in self.monologues
            if channel in (None, party[0]) and speaker in (None, party[1])
        ]


def turn_taking(
    utterances: Iterable[Utterance], told: Mapping[int, Mapping[str, object]]
) -> TurnTaking:
    """How the parties of a conversation take turns.

    Args:
        utterances: The latest revision of each utterance, in any order.
        told: By channel, the speakers told apart in it; empty for a channel of one speaker.
    """
    said: dict[Party, list[Stretch]] = {}
    for u in utterances:
        party = (u.channel, u.speaker if told.get(u.channel) else None)
        said.setdefault(party, []).append((u.start, u.end))
    turns = {party: _joined(own, JOIN_S) for party, own in said.items()}
    talk = _joined((one for own in said.values() for one in own), 0.0)
    silences = [(end, start) for (_, end), (start, _) in pairwise(talk)]
    return TurnTaking(
        seconds=talk[-1][1] - talk[0][0] if talk else 0.0,
        silences=silences,
        monologues={party: _monologue(own, set(silences)) for party, own in turns.items()},
        pauses=_pauses(turns),
    )


def _joined(stretches: Iterable[Stretch], gap: float) -> list[Stretch]:
    """The stretches in order, joined where they overlap, touch, or are closer than `gap`."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and (start <= joined[-1][1] or start - joined[-1][1] < gap):
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _monologue(turns: Sequence[Stretch], silences: set[Stretch]) -> Stretch:
    """The longest monologue of a party that has these turns, at least one."""
    runs = [turns[0]]
    for start, end in turns[1:]:
        before = runs[-1][1]
        # Nobody talks in the gap exactly if the gap is one of the silences.
        if start - before < MONOLOGUE_PAUSE_S and (before, start) in silences:
            runs[-1] = runs[-1][0], end
        else:
            runs.append((start, end))
    return max(runs, key=_length)


def _pauses(turns: Mapping[Party, Sequence[Stretch]]) -> dict[Party, list[float]]:
    """The pauses before the answers of each party."""
    pauses: dict[Party, list[float]] = {party: [] for party in turns}
    ends: dict[Party, float] = {}  # of the latest turn of each party
    begun = sorted((start, end, party) for party, own in turns.items() for start, end in own)
    for start, together in groupby(begun, key=lambda turn: turn[0]):
        group = list(together)
        last = max(ends.values(), default=None)
        if len(group) == 1 and last is not None and last <= start:
            (_, _, party) = group[0]
            if ends.get(party, -1.0) < last:
                pauses[party].append(start - last)
        ends |= {party: end for _, end, party in group}
    return pauses


def _length(stretch: Stretch) -> float:
    return stretch[1] - stretch[0]


def _longest(stretches: Sequence[Stretch]) -> Span | None:
    longest = max(stretches, key=_length, default=None)
    return None if longest is None else Span(start=longest[0], seconds=round(_length(longest), 3))
