"""Names that people give to the channels of a stored session, and to speakers told apart.

They stand beside those with which the session was recorded, which are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from sentivox.errors import ProtocolError, StoreError
from sentivox.protocol.events import Begin, Utterance
from sentivox.protocol.option_values import check_options
from sentivox.protocol.options import LiveOptions
from sentivox.store.schema import channel, given_name
from sentivox.wording.channels import channel_label

Place = tuple[int, str | None]
"""Whom a name is for: a channel, from 0, or a speaker of it as it was told apart, such as "S1"."""


@dataclass(frozen=True, slots=True)
class Named:
    """A channel or a speaker, and what it is called.

    Attributes:
        channel: Number of the channel, from 0.
        speaker: The speaker as told apart in it, such as "S1"; None for the channel itself.
        name: What it is called now.
        recorded: What it was called when it was recorded: that, if nobody gave it a name since.
    """

    channel: int
    speaker: str | None
    name: str
    recorded: str

    @property
    def place(self) -> Place:
        """Whom the name is for."""
        return self.channel, self.speaker


def all_named(
    begin: Begin | None, utterances: Sequence[Utterance], given: dict[Place, str]
) -> list[Named]:
    """Every channel of a session, and after it the speakers told apart in it.

    Args:
        begin: The session's Begin, if it was written.
        utterances: Its utterances, with their speakers as they were told apart.
        given: The names that people gave.
    """
    count = 1 + max((each.channel for each in utterances), default=0)
    names: Sequence[str] = ()
    roles: Sequence[str] = ()
    if begin is not None:
        count = max(count, begin.config.channels)
        names, roles = begin.config.channel_names, begin.config.roles
    found: list[Named] = []
    for number in range(count):
        label = channel_label(
            number,
            names if len(names) == count else (),
            roles if len(roles) == count else (),
        )
        own = [u.speaker for u in utterances if u.channel == number and u.speaker is not None]
        for speaker, recorded in ((None, label), *((one, one) for one in dict.fromkeys(own))):
            name = given.get((number, speaker), recorded)
            found.append(Named(number, speaker, name, recorded))
    return found


def renamed(utterances: Iterable[Utterance], given: dict[Place, str]) -> list[Utterance]:
    """The utterances with the names that people gave to their speakers."""
    return [
        replace(said, speaker=given.get((said.channel, said.speaker), said.speaker))
        if said.speaker is not None
        else said
        for said in utterances
    ]


def given_names(connection: Connection, key: int) -> dict[Place, str]:
    """The names that people gave in the session with this key."""
    rows = connection.execute(select(given_name).where(given_name.c.session == key))
    return {(row.channel, row.speaker or None): row.name for row in rows}


def check_names(names: dict[Place, str], known: Sequence[Named]) -> None:
    """Check names for some of those whom there is to name; an empty one takes a given name back.

    Raises:
        StoreError: There is no such channel or speaker, or a name cannot be one.
    """
    places = {one.place for one in known}
    for number, speaker in names:
        if (number, speaker) not in places:
            whom = f"channel {number}" if speaker is None else f"speaker {speaker[:40]!r} there"
            raise StoreError(f"names: this conversation has no {whom} (channels count from 0)")
    try:
        for name in filter(None, names.values()):
            check_options(LiveOptions, channel_names=[name])
        channels = [
            names.get(one.place, one.name) or one.recorded for one in known if one.speaker is None
        ]
        check_options(LiveOptions, channel_names=channels)
    except ProtocolError as error:
        raise StoreError(str(error).replace("channel_names", "names", 1)) from None


def shown_name() -> ColumnElement[Any]:
    """The name of a channel as it is shown, in a query over `named_channels`."""
    return func.coalesce(given_name.c.name, channel.c.name)


def named_channels() -> FromClause:
    """The channels, each with the name that a person gave it, if any."""
    return channel.outerjoin(
        given_name,
        and_(
            given_name.c.session == channel.c.session,
            given_name.c.channel == channel.c.channel,
            given_name.c.speaker == "",
        ),
    )
