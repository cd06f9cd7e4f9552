"""The registry of open sessions: admission, accounting by owner, and resumption after a cut."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from sentivox.audio.pcm import AudioFormat
from sentivox.engine.capacity import Capacity, Demand
from sentivox.protocol import close_codes
from sentivox.server.admission.limits import Slots
from sentivox.server.negotiation import ResumeRequest, StreamRequest
from sentivox.server.settings import ServerSettings
from sentivox.server.ws.connection import Connection, Outcome
from sentivox.server.ws.conversation import ServedSession
from sentivox.sinks.log import log
from sentivox.stream.degradation import Degradation

_ROUNDING: Final = 1e-6
"""Tolerance for rounding errors in the sum of shares."""

DISPENSABLE_AUDIO_S: Final = 1.0
"""A waiting session that received less than this many seconds of audio may be dropped for room."""

RefusalReason = Literal["overloaded", "server", "address", "token"]
"""Why a stream is refused: the server is overloaded, or all slots of the server, of the client's
address or of its token are taken."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The client that opened a stream or sent a recording.

    Attributes:
        holder: Name of the token's holder; "" if the server needs no token.
        address: Client address, as `limits.neighbourhood` groups it.
    """

    holder: str
    address: str


@dataclass(slots=True, eq=False)
class _Open:
    """A registered conversation with its connection or, without one, the timer that removes it."""

    conversation: ServedSession
    owner: Owner
    share: float
    connection: Connection | None = None
    giving_up: asyncio.TimerHandle | None = None
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sessions:
    """All open conversations of a server.

    A conversation whose client was cut off keeps its slot for `settings.resume_s` seconds.

    Args:
        settings: Limits of the server.

    Attributes:
        none_open: Set while no conversation is open.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.none_open = asyncio.Event()
        self.none_open.set()
        self.capacity = Capacity(None, settings.max_streams) if settings.max_streams else None
        """Capacity for streams; None until it has been measured."""
        self.level = Degradation.NONE
        """Current degradation of all streams."""
        self._taken = 0.0
        self._patience_s = settings.resume_s
        self._open: dict[str, _Open] = {}
        self._by_address = Slots(settings.max_per_address)
        self._by_holder = Slots(settings.max_per_token)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def conversations(self) -> list[ServedSession]:
        """All open conversations, including those waiting for their client to come back."""
        return [entry.conversation for entry in self._open.values()]

    @property
    def no_room(self) -> str | None:
        """Why not even the smallest stream can be admitted; None if one can.

        An overloaded server with streams admits none, even if its measured capacity has room.
        """
        if self._overloaded:
            return "overloaded"
        room = self._fits(Demand(frozenset({"audio"}))) or any(
            self._dispensable("server", Owner("", ""))
        )
        return None if room else "all streams are taken"

    def most(self, demand: Demand | None = None) -> int:
        """How many streams of this kind may be open at a time; 0 until the capacity is known.

        Without a demand, streams as they are by default.
        """
        return 0 if self.capacity is None else self.capacity.streams(demand or Demand())

    def full(self, owner: Owner, request: StreamRequest) -> RefusalReason | None:
        """Why this stream cannot be admitted; None if it can.

        To make room, removes sessions without a client that received less than
        `DISPENSABLE_AUDIO_S` of audio.
        """
        while lack := self._lack(owner, request):
            entry = next(self._dispensable(lack, owner), None)
            if entry is None:
                return lack
            self._remove(entry, close_codes.GONE)
        return None

    @property
    def _overloaded(self) -> bool:
        """Whether further streams would be at the cost of those that are open.

        Without any, nobody is spared by a refusal. The level stays high for a while after the last
        stream, and for as long as other programs take the machine's time.
        """
        return self.level is Degradation.NO_LATE_WORDS and bool(self._open)

    def _lack(self, owner: Owner, request: StreamRequest) -> RefusalReason | None:
        if self._overloaded:
            return "overloaded"
        if not self._fits(request.demand):
            return "server"
        if not self._by_address.free(owner.address):
            return "address"
        return None if not owner.holder or self._by_holder.free(owner.holder) else "token"

    def _dispensable(self, lack: RefusalReason, owner: Owner) -> Iterator[_Open]:
        """Sessions whose removal would free the lacking slot at little loss, oldest first.

        Those are sessions without a client that received less than `DISPENSABLE_AUDIO_S` of audio.
        """
        if lack == "overloaded":
            return
        for entry in self._open.values():
            theirs = {
                "server": True,
                "address": entry.owner.address == owner.address,
                "token": entry.owner.holder == owner.holder,
            }[lack]
            if (
                theirs
                and entry.giving_up is not None
                and entry.conversation.heard_s < DISPENSABLE_AUDIO_S
            ):
                yield entry

    def add(self, conversation: ServedSession, owner: Owner) -> None:
        """Register a new conversation, occupy its slots and start it."""
        request = conversation.request
        share = self._share(request.demand)
        self._open[conversation.session_id] = _Open(conversation, owner, share)
        self._taken += share
        self._by_address.take(owner.address)
        self._by_holder.take(owner.holder)
        self.none_open.clear()
        conversation.start()
        conversation.degrade(self.level)

    def degrade(self, level: Degradation) -> None:
        """Set the degradation level of the server and of every open conversation."""
        self.level = level
        for conversation in self.conversations:
            conversation.degrade(level)

    async def resumed(
        self, wanted: ResumeRequest, audio: AudioFormat, owner: Owner
    ) -> ServedSession | None:
        """Detach a conversation from its previous connection, for its client to resume.

        Returns:
            The conversation; None if it has ended, belongs to another token, has another audio
            format, or no longer holds all events after `wanted.last_seq`.
        """
        entry = self._open.get(wanted.session_id)
        if entry is None or entry.owner.holder != owner.holder:
            return None
        conversation = entry.conversation
        known = conversation.outlet.tail.follows(wanted.last_seq)
        if conversation.request.format != audio or not known:
            return None
        async with entry.changing:  # of two connections that resume at once, the later one wins
            if entry.connection is not None:  # a socket whose end went unnoticed
                await entry.connection.replaced()
            if self._open.get(wanted.session_id) is not entry:
                return None
        self._stay(entry)
        log("resumed", session=wanted.session_id, after=wanted.last_seq)
        return conversation

    async def serve(self, conversation: ServedSession, connection: Connection) -> None:
        """Run a connection of this conversation until its socket or the conversation ends."""
        entry = self._open[conversation.session_id]
        entry.connection = connection
        outcome = Outcome.DONE
        try:
            outcome = await connection.run()
        finally:
            self._left(entry, connection, outcome)

    def _left(self, entry: _Open, connection: Connection, outcome: Outcome) -> None:
        if entry.connection is not connection:
            return  # the client has already reconnected
        entry.connection = None
        if outcome is Outcome.CUT and self._patience_s:
            self._wait_for(entry)
        elif outcome is not Outcome.REPLACED:
            self._remove(entry, connection.code)

    def drop_disconnected(self) -> None:
        """Remove the sessions without a client, and let none wait for its client from now on."""
        self._patience_s = 0.0
        for entry in list(self._open.values()):
            if entry.connection is None:
                self._remove(entry, close_codes.GONE)

    def _share(self, demand: Demand) -> float:
        return 0.0 if self.capacity is None else self.capacity.share(demand)

    def _fits(self, demand: Demand) -> bool:
        # A stream that is alone on the server fits, however small the machine.
        return not self._open or self._taken + self._share(demand) < 1 + _ROUNDING

    def _wait_for(self, entry: _Open) -> None:
        loop = asyncio.get_running_loop()
        entry.giving_up = loop.call_later(self._patience_s, self._remove, entry, close_codes.GONE)

    def _stay(self, entry: _Open) -> None:
        if entry.giving_up is not None:
            entry.giving_up.cancel()
            entry.giving_up = None

    def _remove(self, entry: _Open, code: int) -> None:
        self._stay(entry)
        if self._open.pop(entry.conversation.session_id, None) is None:
            return
        self._taken -= entry.share
        self._by_address.leave(entry.owner.address)
        self._by_holder.leave(entry.owner.holder)
        entry.conversation.stop(code)
        if not self._open:
            self.none_open.set()
