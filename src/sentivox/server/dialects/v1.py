"""Protocol v1: parses and checks control messages, and encodes events as JSON."""

import math
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from sentivox.errors import ProtocolError
from sentivox.protocol.commands import (
    CloseStream,
    Configure,
    Control,
    Finalize,
    GetSummary,
    KeepAlive,
)
from sentivox.protocol.events import Error, Event, encode
from sentivox.server.dialects.dialect import Frame, Said
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.wrapped import is_base64, wrapped
from sentivox.server.negotiation import from_query

_OPENING: Final = b"{["
"""First bytes of a JSON object or list, looked for in binary frames."""

COMMANDS = "Configure, KeepAlive, Finalize, Summary, CloseStream"
"""The types of control messages, as error messages list them."""


class UnknownControl(ProtocolError):  # noqa: N818  (a case of ProtocolError, named for the log)
    """A well-formed control message of an unknown type."""


class WrappedAudio(ProtocolError):  # noqa: N818  (named for what was received)
    """Audio encoded in text, or another service's message, instead of binary frames of samples.

    Args:
        name: What was received, for the error message: "this is NAME: …".
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"this is {name}: send its audio decoded, as binary frames of samples")


def parse(text: str) -> Control:
    """Parse one text frame as a control message. Unknown fields are ignored.

    `Terminate` and Vosk's `{"eof": 1}` mean CloseStream.

    Raises:
        UnknownControl: The message's type is unknown.
        WrappedAudio: The message carries audio, or is that of another service.
        ProtocolError: The text is not JSON, not an object, or has a field of the wrong type.
    """
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        if is_base64(text):
            raise WrappedAudio("base64 text") from None
        raise ProtocolError(
            f'not JSON ({error}); send an object such as {{"type":"Finalize"}}'
        ) from None
    if not isinstance(raw, dict):
        if wrapped({"": raw}):
            raise WrappedAudio("audio in JSON")
        raise ProtocolError('a control message is a JSON object such as {"type":"Finalize"}')
    return _interpret(cast("dict[str, Any]", raw))


def _interpret(message: dict[str, Any]) -> Control:
    match message.get("type"):
        case "Configure":
            return _configure(message)
        case "KeepAlive":
            return KeepAlive()
        case "Finalize":
            return Finalize()
        case "Summary":
            return GetSummary()
        case "CloseStream" | "Terminate":
            return CloseStream()
        case None if message.get("eof"):
            return CloseStream()
        case _ if (name := wrapped(message)) is not None:
            raise WrappedAudio(name)
        case None:
            raise ProtocolError(f'a control message needs a "type": {COMMANDS}')
        case other:
            raise UnknownControl(f"unknown message type {str(other)[:40]!r}; known: {COMMANDS}")


def _configure(message: dict[str, Any]) -> Configure:
    try:
        return msgspec.convert(message, Configure)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"Configure: {error}") from None


class V1:
    """The dialect of protocol v1: binary frames are audio, text frames are JSON."""

    name = "v1"
    resumes = True
    outlives = False
    idle_s = math.inf
    audio_in_text = False

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or one control message; an empty binary frame means CloseStream.

        A binary frame that is a JSON object or list is read as text. Raises what `parse` does.
        """
        if isinstance(frame, str):
            return [parse(frame)]
        if not frame:
            return [CloseStream()]
        text = _text_in(frame) if frame[0] in _OPENING else None
        return [frame] if text is None else [parse(text)]

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event as one text frame of JSON."""
        return [encode(event).decode()]

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are."""
        return code, reason


def opening(call: Call) -> Opening:
    """A stream as the query asks for it; nothing is said before."""
    yield from ()
    return Agreed(from_query(call.query, call.default), V1())


def refusal(error: Error, code: int) -> Refusal:
    """The Error, and its message once more in the close frame, for clients that only see that."""
    return Refusal([encode(error).decode()], code, error.message)


PROTOCOL: Final = StreamProtocol("v1", ("/v1/stream", "/ws/analyze"), opening, refusal)


def _text_in(data: bytes) -> str | None:
    """The text of a binary frame that holds a JSON object or list; None for any other frame.

    Some client libraries send JSON in binary frames.
    """
    if data.rstrip()[-1:] not in (b"}", b"]"):
        return None
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return data.decode() if found else None  # "{}" and "[]" may be audio samples
