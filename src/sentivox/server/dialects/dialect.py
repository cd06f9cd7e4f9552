"""The dialect interface: decodes a protocol's frames to audio and commands, and encodes events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sentivox.protocol.commands import Control
from sentivox.protocol.events import Event

Frame = str | bytes
"""A text (str) or binary (bytes) message."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a frame, which is sent at once, without waiting for any analysis."""

    frame: Frame


Said = Sequence[bytes | Control | Reply]
"""What a frame says: audio in the stream's encoding, control messages, and answers, in order."""


class Dialect(Protocol):
    """Codec of one protocol for one stream. It does no I/O, but may hold state.

    Attributes:
        name: Name of the protocol in logs.
        resumes: Whether a client can come back to its stream after a cut.
        outlives: Whether the audio of a client that has left is analysed to its end, because the
            results are for others.
        idle_s: Seconds without a message after which the protocol ends a stream; infinite if it
            leaves that to the server.
        audio_in_text: Whether audio comes within text messages, which may be as long as binary
            ones then.
    """

    name: str
    resumes: bool
    outlives: bool
    idle_s: float
    audio_in_text: bool

    def read(self, frame: Frame) -> Said:
        """Decode a frame from the client.

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

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """The close code and reason of this protocol for those of protocol v1."""
        ...
