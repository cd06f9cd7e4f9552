"""Messages between a worker process and its parent, and their transport over a local socket.

A message is a header (four magic bytes, and the length of the body) and a MessagePack body. The
magic bytes expose stray output, and the limit of the length keeps it from allocating gigabytes.
"""

import socket
import struct
from collections.abc import Callable
from typing import TypeVar

import msgspec

from sentivox.engine.watchdog import POLL_INTERVAL_S
from sentivox.types import Transcript

_HEADER = struct.Struct(">4sI")
_MAGIC = b"SVX1"
_MAX_BODY = 64 * 1024 * 1024  # bytes
_CHUNK = 1024 * 1024  # most bytes received at a time


class WireClosed(Exception):  # noqa: N818  (reads as what happened)
    """The other side closed the connection, or sent something invalid."""


class NotAMessage(WireClosed):
    """The other side sent something that is not a valid message; it may still be running."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The worker has loaded its model and takes tasks; or it has failed and exits.

    Attributes:
        name: Name of the model, as reported to clients.
        languages: BCP-47 primary tags of the languages that it recognises.
        detects: Whether it detects the language and its probability.
        timing: Whether it reports word times.
        error: Why loading failed; None if it succeeded.
    """

    # A required field, so that an empty map, one stray byte on the wire, is not a valid message.
    name: str
    languages: list[str] = []
    detects: bool = False
    timing: bool = False
    error: str | None = None


class Task(msgspec.Struct, frozen=True, tag=True):
    """Transcribe audio, or compute its voiceprint.

    Attributes:
        id: Number of the task, repeated in its answer.
        language: BCP-47 primary tag; None to detect it.
        audio: Mono int16 samples at 16 kHz, in the machine's byte order.
        timed: Report word times, if the recogniser supports it.
    """

    id: int
    language: str | None
    audio: bytes
    timed: bool = False


class Answer(msgspec.Struct, frozen=True, tag=True):
    """The result of task `id`: a transcript, a voiceprint, or the reason of a failure.

    `cpu_s` is the CPU time of the job, in seconds.
    """

    id: int
    transcript: Transcript | None = None
    voiceprint: list[float] | None = None
    failed: str | None = None
    cpu_s: float = 0.0


Expected = TypeVar("Expected", bound=msgspec.Struct)
Moved = TypeVar("Moved", int, bytes)

WaitCallback = Callable[[], None]
"""Called every `POLL_INTERVAL_S` while waiting for the other side; an exception ends the wait."""


class Wire:
    """One end of the socket. Not thread-safe."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, message: msgspec.Struct, look: WaitCallback | None = None) -> None:
        """Send one message, however long the other side takes to receive it.

        Raises:
            WireClosed: The other side closed the connection.
            Exception: Whatever `look` raises.
        """
        body = msgspec.msgpack.encode(message)
        left = memoryview(_HEADER.pack(_MAGIC, len(body)) + body)
        while left:
            left = left[self._patiently(lambda data=left: self._sock.send(data), look) :]

    def receive(self, expected: type[Expected], look: WaitCallback | None = None) -> Expected:
        """Wait for the next message, which must be of the `expected` type.

        Raises:
            WireClosed: The other side closed the connection.
            NotAMessage: It sent something else.
            Exception: Whatever `look` raises.
        """
        magic, length = _HEADER.unpack(self._read(_HEADER.size, look))
        if magic != _MAGIC or length > _MAX_BODY:
            raise NotAMessage("not a message")
        try:
            return msgspec.msgpack.decode(self._read(length, look), type=expected)
        except msgspec.MsgspecError as error:
            raise NotAMessage(f"not a message: {error}") from error

    def _read(self, size: int, look: WaitCallback | None) -> bytes:
        data = bytearray()
        while len(data) < size:
            most = min(size - len(data), _CHUNK)
            chunk = self._patiently(lambda most=most: self._sock.recv(most), look)
            if not chunk:
                raise WireClosed("closed")
            data += chunk
        return bytes(data)

    def _patiently(self, act: Callable[[], Moved], look: WaitCallback | None) -> Moved:
        """Send or receive once, calling `look` every LOOK_S seconds while that is not possible."""
        self._sock.settimeout(None if look is None else POLL_INTERVAL_S)
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
