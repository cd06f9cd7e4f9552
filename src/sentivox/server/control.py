"""What a client may say besides audio: text frames, parsed and checked."""

from dataclasses import dataclass
from typing import Any, cast

import msgspec

from sentivox.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Configure:
    """Change how the stream is analysed; only before its first audio."""

    language: str | None = None
    modalities: list[str] | None = None
    endpointing: dict[str, float] | None = None
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Nothing to say, but still here."""


@dataclass(frozen=True, slots=True)
class Finalize:
    """End the utterance now."""


@dataclass(frozen=True, slots=True)
class GetSummary:
    """The summary so far, please."""


@dataclass(frozen=True, slots=True)
class CloseStream:
    """No more audio will come: finish everything, then say goodbye."""


Control = Configure | KeepAlive | Finalize | GetSummary | CloseStream

ACCEPTED = "Configure, KeepAlive, Finalize, Summary, CloseStream"


class UnknownControl(ProtocolError):  # noqa: N818  (a case of ProtocolError, named for the log)
    """Well-formed, but not a message we know."""


def parse(text: str) -> Control:
    """The message in one text frame.

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
    fields = {key: value for key, value in message.items() if key != "type"}
    if unknown := sorted(fields.keys() - set(Configure.__slots__)):
        raise ProtocolError(
            f"Configure has no {unknown[0][:40]!r}; it takes {', '.join(Configure.__slots__)}"
        )
    try:
        return msgspec.convert(fields, Configure)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"Configure: {error}") from None
