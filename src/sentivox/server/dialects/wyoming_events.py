"""Wyoming's events as bytes: a line of JSON, then more data as JSON, then a payload.

https://github.com/OHF-Voice/wyoming#format
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from sentivox.errors import ProtocolError

_EXPECTED: Final = 'an event begins with a line such as {"type":"describe"}'

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
"""A number of an event: JSON allows any number of digits."""


class _Line(msgspec.Struct, frozen=True):
    """The line that an event begins with; `version` and other keys are ignored."""

    type: str
    data: dict[str, Any] | None = None
    data_length: Count | None = None
    payload_length: Count | None = None


@dataclass(frozen=True, slots=True)
class WyomingEvent:
    """An event as it is meant: with the data of its line and of the part that follows in one."""

    type: str
    data: dict[str, Any]
    payload: bytes


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A whole event as it came, of this type."""

    type: str
    frame: bytes


class Framing:
    """Cuts a stream of bytes into events, wherever the network has cut it.

    Args:
        max_json: Most bytes of an event's line, and most of the data that follows it.
        max_bytes: Most bytes of a whole event.

    Attributes:
        held: Bytes of events that were not returned yet.
    """

    def __init__(self, max_json: int, max_bytes: int) -> None:
        self._max_json = max_json
        self._max_bytes = max_bytes
        self._bytes = bytearray()
        self._begun: tuple[str, int] | None = None  # type and length of an event that has begun

    @property
    def held(self) -> int:
        """Bytes that were fed and not returned yet."""
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        """Add the bytes that came next."""
        self._bytes += data

    def next(self) -> RawEvent | None:
        """The next event; None if more bytes are needed.

        Raises:
            ProtocolError: What came is no event, or too long. Nothing after it can be understood.
        """
        if self._begun is None:
            self._begun = self._begin()
        if self._begun is None or len(self._bytes) < self._begun[1]:
            return None
        (kind, size), self._begun = self._begun, None
        frame = bytes(self._bytes[:size])
        del self._bytes[:size]
        return RawEvent(kind, frame)

    def _begin(self) -> tuple[str, int] | None:
        """The type and length of the event whose line has come; None if it has not."""
        end = self._bytes.find(b"\n", 0, self._max_json + 1)
        if end < 0:
            _bound("line of an event", len(self._bytes), self._max_json)
            return None
        line = _parsed(bytes(self._bytes[:end]))
        data, payload = line.data_length or 0, line.payload_length or 0
        _bound("data of an event", data, self._max_json)
        size = end + 1 + data + payload
        _bound("event", size, self._max_bytes)
        return line.type, size


def read_event(frame: bytes) -> WyomingEvent:
    """The event that a frame of `Framing` holds.

    Raises:
        ProtocolError: The data after its line are no JSON object.
    """
    end = frame.index(b"\n") + 1
    line = _parsed(frame[:end])
    middle = end + (line.data_length or 0)
    data = line.data or {}
    if middle > end:
        try:
            data = data | msgspec.json.decode(frame[end:middle], type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(f"the data of {line.type[:40]!r}: {error}") from None
    return WyomingEvent(line.type, data, frame[middle:])


def write_event(type: str, **data: Any) -> bytes:  # noqa: A002, ANN401  (the wire's name)
    """An event without a payload.

    All data stand after the line, because clients read lines of 64 KiB at most.
    """
    if not data:
        return msgspec.json.encode({"type": type}) + b"\n"
    told = msgspec.json.encode(data)
    return msgspec.json.encode({"type": type, "data_length": len(told)}) + b"\n" + told


def _bound(part: str, size: int, limit: int) -> None:
    if size > limit:
        raise ProtocolError(f"the {part} is longer than {limit} bytes; send less at a time")


def _parsed(line: bytes) -> _Line:
    try:
        return msgspec.json.decode(line, type=_Line)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"{_EXPECTED}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError(_EXPECTED) from None
