"""What a process of ours and its parent say to each other, over one local socket.

A message is a header (four magic bytes, the body's length) and a MessagePack body. The magic
makes stray output recognisable as such; the length limit keeps it from allocating gigabytes.
"""

import socket
import struct
import time
from typing import TypeVar

import msgspec

from sentivox.types import Transcript

_HEADER = struct.Struct(">4sI")
_MAGIC = b"SVX1"
_MAX_BODY = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class WireClosed(Exception):  # noqa: N818  (reads as what happened)
    """The other side went away, or says things that are not messages."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The worker has loaded its model and takes tasks; or could not (`error`), and exits."""

    # No default: an empty map, one stray byte on the wire, must not pass for a message.
    name: str
    languages: list[str] = []
    error: str | None = None


class Task(msgspec.Struct, frozen=True, tag=True):
    """Transcribe `audio`: raw mono int16 at 16 kHz, in the machine's byte order."""

    id: int
    language: str | None
    audio: bytes


class Answer(msgspec.Struct, frozen=True, tag=True):
    """What became of task `id`: a transcript, a voiceprint or why neither; `cpu_s` it took."""

    id: int
    transcript: Transcript | None = None
    voiceprint: list[float] | None = None
    failed: str | None = None
    cpu_s: float = 0.0


Expected = TypeVar("Expected", bound=msgspec.Struct)


class Wire:
    """One end of the socket. Not safe to share between threads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = bytearray()
        """Of a message that is not whole yet."""

    def send(self, message: msgspec.Struct, timeout: float | None = None) -> None:
        """Send one message.

        Raises:
            TimeoutError: the other side did not take it within `timeout` seconds.
            WireClosed: the other side is gone.
        """
        body = msgspec.msgpack.encode(message)
        self._sock.settimeout(timeout)
        try:
            self._sock.sendall(_HEADER.pack(_MAGIC, len(body)) + body)
        except TimeoutError:
            raise
        except OSError as error:
            raise WireClosed(str(error)) from error

    def receive(self, expected: type[Expected], timeout: float | None = None) -> Expected:
        """The next message, which must be of the `expected` type.

        Raises:
            TimeoutError: it was not here, whole, within `timeout` seconds; it may be asked for
                again.
            WireClosed: the other side is gone, or sent something else.
        """
        until = None if timeout is None else time.monotonic() + timeout
        self._fill(_HEADER.size, until)
        magic, length = _HEADER.unpack_from(self._held)
        if magic != _MAGIC or length > _MAX_BODY:
            raise WireClosed("not a message")
        self._fill(_HEADER.size + length, until)
        body = bytes(memoryview(self._held)[_HEADER.size :])
        self._held.clear()
        try:
            return msgspec.msgpack.decode(body, type=expected)
        except msgspec.MsgspecError as error:
            raise WireClosed(f"not a message: {error}") from error

    def _fill(self, size: int, until: float | None) -> None:
        """Read on until so many bytes of the message are here, and no further."""
        while len(self._held) < size:
            if until is not None and (left := until - time.monotonic()) > 0:
                self._sock.settimeout(left)
            elif until is not None:
                raise TimeoutError
            else:
                self._sock.settimeout(None)
            try:
                chunk = self._sock.recv(min(size - len(self._held), _CHUNK))
            except TimeoutError:
                raise
            except OSError as error:
                raise WireClosed(str(error)) from error
            if not chunk:
                raise WireClosed("closed")
            self._held += chunk

    def close(self) -> None:
        """Close this end; the other side sees it as the end of the stream."""
        self._sock.close()
