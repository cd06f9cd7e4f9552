"""What a process of ours and its parent say to each other, over one local socket.

A message is a header (four magic bytes, the body's length) and a MessagePack body. The magic
makes stray output recognisable as such; the length limit keeps it from allocating gigabytes.
"""

import socket
import struct
from collections.abc import Callable
from typing import TypeVar

import msgspec

from sentivox.engine.watchdog import LOOK_S
from sentivox.types import Transcript

_HEADER = struct.Struct(">4sI")
_MAGIC = b"SVX1"
_MAX_BODY = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class WireClosed(Exception):  # noqa: N818  (reads as what happened)
    """The other side went away, or says things that are not messages."""


class NotAMessage(WireClosed):
    """It says things that are not messages, and may be alive."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The worker has loaded its model and takes tasks; or could not (`error`), and exits.

    `detects`: it finds out a language, and how probable that is.
    """

    # No default: an empty map, one stray byte on the wire, must not pass for a message.
    name: str
    languages: list[str] = []
    detects: bool = False
    timing: bool = False  # whether it can tell when each word was said
    error: str | None = None


class Task(msgspec.Struct, frozen=True, tag=True):
    """Transcribe `audio`: raw mono int16 at 16 kHz, in the machine's byte order.

    `timed`: with the words' times, where the recogniser can tell them.
    """

    id: int
    language: str | None
    audio: bytes
    timed: bool = False


class Answer(msgspec.Struct, frozen=True, tag=True):
    """What became of task `id`: a transcript, a voiceprint or why neither; `cpu_s` it took."""

    id: int
    transcript: Transcript | None = None
    voiceprint: list[float] | None = None
    failed: str | None = None
    cpu_s: float = 0.0


Expected = TypeVar("Expected", bound=msgspec.Struct)
Moved = TypeVar("Moved", int, bytes)

Look = Callable[[], None]
"""Called every `LOOK_S` while the other side keeps us waiting; what it raises ends the wait."""


class Wire:
    """One end of the socket. Not safe to share between threads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, message: msgspec.Struct, look: Look | None = None) -> None:
        """Send one message, however long the other side takes to take it.

        Raises:
            WireClosed: the other side is gone.
            Exception: what `look` raised.
        """
        body = msgspec.msgpack.encode(message)
        left = memoryview(_HEADER.pack(_MAGIC, len(body)) + body)
        while left:
            left = left[self._patiently(lambda data=left: self._sock.send(data), look) :]

    def receive(self, expected: type[Expected], look: Look | None = None) -> Expected:
        """The next message, which must be of the `expected` type; waits for it.

        Raises:
            WireClosed: the other side is gone.
            NotAMessage: it sent something else.
            Exception: what `look` raised.
        """
        magic, length = _HEADER.unpack(self._read(_HEADER.size, look))
        if magic != _MAGIC or length > _MAX_BODY:
            raise NotAMessage("not a message")
        try:
            return msgspec.msgpack.decode(self._read(length, look), type=expected)
        except msgspec.MsgspecError as error:
            raise NotAMessage(f"not a message: {error}") from error

    def _read(self, size: int, look: Look | None) -> bytes:
        data = bytearray()
        while len(data) < size:
            most = min(size - len(data), _CHUNK)
            chunk = self._patiently(lambda most=most: self._sock.recv(most), look)
            if not chunk:
                raise WireClosed("closed")
            data += chunk
        return bytes(data)

    def _patiently(self, act: Callable[[], Moved], look: Look | None) -> Moved:
        """Send or receive what can be, looking now and then while nothing can."""
        self._sock.settimeout(None if look is None else LOOK_S)
        while True:
            try:
                return act()
            except TimeoutError:
                if look is not None:
                    look()
            except OSError as error:
                raise WireClosed(str(error)) from error

    def close(self) -> None:
        """Close this end; the other side sees it as the end of the stream."""
        self._sock.close()
