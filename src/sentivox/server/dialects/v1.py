"""Protocol v1: what a client may say besides audio, parsed and checked, and events as JSON."""

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
from sentivox.protocol.events import Event, encode
from sentivox.server.dialects.dialect import Frame
from sentivox.server.dialects.wrapped import is_base64, wrapped

_OPENING: Final = b"{["
"""What JSON that says something begins with."""

ACCEPTED = "Configure, KeepAlive, Finalize, Summary, CloseStream"


class UnknownControl(ProtocolError):  # noqa: N818  (a case of ProtocolError, named for the log)
    """Well-formed, but not a message we know."""


class WrappedAudio(ProtocolError):  # noqa: N818  (says what it is)
    """Audio, or another service's message, where raw audio belongs in binary frames."""

    def __init__(self, name: str) -> None:
        super().__init__(f"this is {name}: send its audio decoded, as binary frames of samples")


def parse(text: str) -> Control:
    """The message in one text frame. Fields nobody knows are left out of account.

    `Terminate` and Vosk's `{"eof": 1}` mean CloseStream.

    Raises:
        UnknownControl: the type is none of ours.
        WrappedAudio: it carries audio.
        ProtocolError: not JSON, not an object, or a field of the wrong kind.
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
            raise ProtocolError(f'a control message needs a "type": {ACCEPTED}')
        case other:
            raise UnknownControl(f"unknown message type {str(other)[:40]!r}; known: {ACCEPTED}")


def _configure(message: dict[str, Any]) -> Configure:
    try:
        return msgspec.convert(message, Configure)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"Configure: {error}") from None


class V1:
    """Our own protocol: binary frames are audio, text frames are JSON."""

    name = "v1"

    def read(self, frame: Frame) -> Sequence[bytes | Control]:
        """Audio, or a control message; an empty binary frame means CloseStream."""
        if isinstance(frame, str):
            return [parse(frame)]
        if not frame:
            return [CloseStream()]
        text = _text_in(frame) if frame[0] in _OPENING else None
        return [frame] if text is None else [parse(text)]

    def write(self, event: Event) -> Sequence[Frame]:
        """The event as JSON."""
        return [encode(event).decode()]


def _text_in(data: bytes) -> str | None:
    """The text in a binary frame that is a JSON object or list, as some libraries send it."""
    if data.rstrip()[-1:] not in (b"}", b"]"):
        return None
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return data.decode() if found else None  # "{}" and "[]" may be a sample
