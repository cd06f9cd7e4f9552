"""How a stream of any protocol begins: what is said before the format of its audio is known."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from sentivox.protocol.events import Error
from sentivox.server.dialects.dialect import Dialect, Frame
from sentivox.server.negotiation import StreamRequest
from sentivox.stream.config import StreamConfig


@dataclass(frozen=True, slots=True)
class Call:
    """A client that wants to open a stream.

    Attributes:
        query: The parameters of its address.
        headers: The headers of its request, in lower case.
        default: Settings of a stream that asks for no others.
    """

    query: Mapping[str, str]
    headers: Mapping[str, str]
    default: StreamConfig


@dataclass(frozen=True, slots=True)
class Agreed:
    """A stream as client and server have agreed on it.

    Attributes:
        request: Its format and settings.
        dialect: Decodes and encodes the messages from now on.
        unread: The frame that ended the opening, for the dialect to read; None if it was read.
        headers: Headers of the answer to the handshake, of a protocol with a `denial`.
    """

    request: StreamRequest
    dialect: Dialect
    unread: Frame | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Opening = Generator[Sequence[Frame], Frame, Agreed]
"""Yields frames to the client and is sent the client's next frame, until it returns. It raises
ProtocolError if the client asks for something impossible."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The end of a stream that could not begin: frames to the client, and how to close."""

    frames: Sequence[Frame]
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Denial:
    """The answer to the handshake of a stream that cannot begin, as an HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class StreamProtocol:
    """A protocol of streams, as it is registered.

    Attributes:
        name: Name of the protocol in options and logs.
        paths: Where it is served.
        opening: Begins a stream.
        refusal: Says why a stream cannot begin, given the Error and the close code of protocol v1.
        denial: Says it in the answer to the handshake, which then waits for all checks, and the
            opening can exchange no frames. If None, the handshake is accepted at once, and the
            refusal comes over the open socket: browsers hide the answer to a handshake.
        signed: Whether Twilio's signature lets a client in, in place of a token, where the server
            knows the account's secret.
        key_header: Header that holds the token and nothing else, in lower case; "" if clients send
            it as those of protocol v1 do.
    """

    name: str
    paths: tuple[str, ...]
    opening: Callable[[Call], Opening]
    refusal: Callable[[Error, int], Refusal]
    denial: Callable[[Error], Denial] | None = None
    signed: bool = False
    key_header: str = ""
