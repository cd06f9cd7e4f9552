"""The dialect interface: decodes a protocol's frames to audio and commands, and encodes events."""

from collections.abc import Sequence
from typing import Protocol

from sentivox.protocol.commands import Control
from sentivox.protocol.events import Event

Frame = str | bytes
"""A text (str) or binary (bytes) message."""


class Dialect(Protocol):
    """Codec of one protocol for one connection. It does no I/O, but may hold state.

    Attributes:
        name: Name of the protocol in logs.
    """

    name: str

    def read(self, frame: Frame) -> Sequence[bytes | Control]:
        """Decode a frame from the client.

        Returns:
            Audio (bytes in the stream's encoding) and control messages, in order.

        Raises:
            UnknownControl: A well-formed message of an unknown type. The client gets one Warning,
                and the message is ignored.
            WrappedAudio: Audio in a form that this protocol does not have. The session ends.
            ProtocolError: An invalid message. The client gets an Error, and the session goes on.
        """
        ...

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event as frames to the client; none if the protocol has no equivalent."""
        ...
