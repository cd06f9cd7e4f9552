"""What conditions are fed and what they find: facts of the conversation, on the audio clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sentivox.protocol.alert_rules import Scoped
from sentivox.protocol.events import Utterance
from sentivox.wording.channels import channel_label


@dataclass(frozen=True, slots=True)
class Began:
    """Speech began at `start`, as was known at `t`, in seconds."""

    t: float
    channel: int
    utterance_id: int
    start: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Speech ended at `end`, as was known at `t`, in seconds.

    Attributes:
        discarded: Whether it was too short to be an utterance.
        utterance: The last revision of its result; None for conditions that do not wait for it.
    """

    t: float
    channel: int
    utterance_id: int
    start: float
    end: float
    discarded: bool
    utterance: Utterance | None = None


Fact = Began | Ended


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a condition holds.

    Attributes:
        why: A sentence without its full stop.
        start: When what it is about began, in seconds.
        channel: The channel that it is about, if it is about one.
        utterance_id: The utterance that decided it, if one did.
    """

    why: str
    start: float
    channel: int | None = None
    utterance_id: int | None = None


class Condition(Protocol):
    """A condition of a rule, with what it has to remember of one session.

    Attributes:
        about: The condition in words, as a clause.
    """

    about: str

    def take(self, fact: Fact) -> None:
        """Take the next fact; facts come in order of `t`."""
        ...

    def found(self, now: float) -> Finding | None:
        """Why it holds at `now`, at or after the last fact; None if it does not."""
        ...

    def due(self, now: float) -> float:
        """When, after `now`, it may come to hold without a further fact; infinity if never."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The channels that a condition is about, with the labels of all.

    Attributes:
        channels: Their numbers.
        labels: The label of each channel of the session.
        who: In words: "Customer", or "somebody" for any channel.
    """

    channels: frozenset[int]
    labels: Sequence[str]

    @classmethod
    def of(
        cls, condition: Scoped, channels: int, names: Sequence[str], roles: Sequence[str]
    ) -> "Scope":
        """The channels of a condition in a session; none if there is no such channel."""
        own = {
            c
            for c in range(channels)
            if condition.channel in (None, c)
            and (condition.role is None or (bool(roles) and roles[c] == condition.role))
        }
        return cls(frozenset(own), [channel_label(c, names, roles) for c in range(channels)])

    @property
    def only(self) -> int | None:
        """The channel, if there is one alone."""
        return next(iter(self.channels)) if len(self.channels) == 1 else None

    def who(self, several: str = "somebody") -> str:
        """The label of the channel; `several` if it is about any of them."""
        return several if self.only is None else self.labels[self.only]
