"""A client of Wyoming's, with the official package's own reading and writing of events."""

import socket
from typing import Any, Self

import pytest

from sentivox.server.tcp.address import Address
from sentivox.server.tcp.listener import Listener
from tests.server.serving import PATIENCE_S, Message, Running, pieces

event = pytest.importorskip("wyoming.event")

LOOPBACK = Address("127.0.0.1", 0)
SPEECH: dict[str, Any] = {"rate": 16_000, "width": 2, "channels": 1}


def listener_of(running: Running) -> Listener:
    assert running.server.wyoming is not None
    return running.server.wyoming


def port_of(running: Running) -> int:
    return listener_of(running).address.port


class Client:
    """One connection."""

    def __init__(self, running: Running) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port_of(running)), PATIENCE_S)
        self._file = self.socket.makefile("rwb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def say(self, kind: str, payload: bytes = b"", /, **data: Any) -> None:
        event.write_event(event.Event(kind, data, payload), self._file)

    def say_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def say_text(self, text: str) -> None:
        """Send a line."""
        self.say_bytes(text.encode() + b"\n")

    def vanish(self) -> None:
        """Leave without a word."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def speak(self, audio: bytes, size: int = 8000) -> None:
        """A round of audio, but for its end."""
        self.say("audio-start", **SPEECH)
        for piece in pieces(audio, size):
            self.say("audio-chunk", piece, **SPEECH)

    def next(self) -> Message:
        """The next event: its type, and its data."""
        found = event.read_event(self._file)
        assert found is not None, "the connection is closed"
        return {"type": found.type, **found.data}

    def until(self, kind: str) -> list[Message]:
        """Events up to and with the next of this type."""
        events = [self.next()]
        while events[-1]["type"] != kind:
            events.append(self.next())
        return events

    def rest(self) -> list[Message]:
        """All events until the server closes the connection."""
        events: list[Message] = []
        while (found := event.read_event(self._file)) is not None:
            events.append({"type": found.type, **found.data})
        return events
