"""The labels of channels in text that people read, and the check of what gives them.

Machines count channels from 0: in events, documents, the column `channel` and arguments. People
read a name, or else a number that counts from 1. `server/static/channels.js` does the same.
"""

import re
from collections.abc import Sequence
from typing import Final

from sentivox.errors import ProtocolError

TITLES: Final = {"agent": "Agent", "customer": "Customer"}
"""The names that roles give."""


def channel_label(channel: int, names: Sequence[str | None] = (), roles: Sequence[str] = ()) -> str:
    """The label of a channel: its name, or else its role's, or else "channel 1" for the first.

    Two channels of the same role are told apart by their numbers, as "Agent 1" and "Agent 2".

    Args:
        channel: Number of the channel, from 0.
        names: The name of each channel; empty, or None for each, if they have none.
        roles: The role of each channel; empty if they are not known.
    """
    if channel < len(names) and (name := names[channel]) is not None:
        return name
    role = roles[channel] if channel < len(roles) else ""
    if role not in TITLES:
        return f"channel {channel + 1}"
    return TITLES[role] if roles.count(role) == 1 else f"{TITLES[role]} {channel + 1}"


def heading(label: str) -> str:
    """The label as a heading or at the start of a line; a name stays as it was given."""
    return label.capitalize() if re.fullmatch(r"channel \d+", label) else label


def require_one_each(channels: int, names: Sequence[str], roles: Sequence[str]) -> None:
    """Check that names and roles, where they are given, are as many as the channels.

    Raises:
        ProtocolError: There are more or fewer.
    """
    for option, given in (("channel_names", names), ("roles", roles)):
        if given and len(given) != channels:
            values = "1 value" if len(given) == 1 else f"{len(given)} values"
            there = "there is 1 channel" if channels == 1 else f"there are {channels} channels"
            raise ProtocolError(
                f"{option} has {values} ({', '.join(given)}), but {there}: give one for each"
                " channel, or none"
            )
