"""What a dialect is: the frames of one protocol as audio and commands, and events as its frames."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.protocol.commands import Control
from sentivox.protocol.events import Event

Frame = str | bytes
"""A text or a binary message."""


class Dialect(Protocol):
    """One side's understanding of one connection. Pure; it may have state.

    Attributes:
        name: As logs have it.
    """

    name: str

    def read(self, frame: Frame) -> Sequence[bytes | Control]:
        """What the client says: audio as bytes, commands as they are; in order.

        Raises:
            UnknownControl: Well-formed, but nothing we know: told once, and left out of account.
            WrappedAudio: Audio in a form that is not this protocol's: the session ends.
            ProtocolError: A message that is wrong: told, and the session goes on.
        """
        ...

    def write(self, event: Event) -> Sequence[Frame]:
        """An event as messages to the client; none where the protocol has nothing like it."""
        ...
