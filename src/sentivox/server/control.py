"""What a client may say besides audio: text frames, parsed and checked."""

from typing import Any, cast

import msgspec

from sentivox.errors import ProtocolError


class Configure(msgspec.Struct, frozen=True, tag_field="type", tag="Configure"):
    """Change how the stream is analysed; only before its first audio. A second Begin answers."""

    language: str | None = None
    modalities: list[str] | None = None
    endpointing: dict[str, float] | None = None
    min_confidence: float | None = None
    baseline: bool | None = None


class KeepAlive(msgspec.Struct, frozen=True, tag_field="type", tag="KeepAlive"):
    """Nothing to say, but still here."""


class Finalize(msgspec.Struct, frozen=True, tag_field="type", tag="Finalize"):
    """End the utterance now."""


class GetSummary(msgspec.Struct, frozen=True, tag_field="type", tag="Summary"):
    """The summary so far, please."""


class CloseStream(msgspec.Struct, frozen=True, tag_field="type", tag="CloseStream"):
    """No more audio will come: finish everything, then say goodbye."""


Control = Configure | KeepAlive | Finalize | GetSummary | CloseStream

ACCEPTED = "Configure, KeepAlive, Finalize, Summary, CloseStream"


class UnknownControl(ProtocolError):  # noqa: N818  (a case of ProtocolError, named for the log)
    """Well-formed, but not a message we know."""


def parse(text: str) -> Control:
    """The message in one text frame. Fields nobody knows are left out of account.

    `Terminate` and Vosk's `{"eof": 1}` mean CloseStream.

    Raises:
        UnknownControl: the type is none of ours.
        ProtocolError: not JSON, not an object, or a field of the wrong kind.
    """
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(
            f'not JSON ({error}); send an object such as {{"type":"Finalize"}}'
        ) from None
    if not isinstance(raw, dict):
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
        case None:
            raise ProtocolError(f'a control message needs a "type": {ACCEPTED}')
        case other:
            raise UnknownControl(f"unknown message type {str(other)[:40]!r}; known: {ACCEPTED}")


def _configure(message: dict[str, Any]) -> Configure:
    try:
        return msgspec.convert(message, Configure)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"Configure: {error}") from None
