"""A real server on a loopback port, and a client that shows every byte of what it does."""

import faulthandler
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sentivox.audio.files import AudioFile
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.engine.runner import Runner
from sentivox.engine.workers import WorkerPool
from sentivox.protocol.events import Event
from sentivox.samples import CALL
from sentivox.server.app import create_app
from sentivox.server.run import Server, bind, run
from sentivox.server.service import Loader
from sentivox.server.settings import ServerSettings
from sentivox.stream.config import StreamConfig

Message = dict[str, Any]

PATIENCE_S = 300.0
"""What happens in a moment may take so long on a machine that is busy: a test that waits in vain
fails all the same, and no other one does."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers at `address` ("127.0.0.1:PORT")."""

    address: str
    server: Server

    @property
    def http(self) -> str:
        return f"http://{self.address}"

    def call(
        self,
        query: str = "",
        *,
        path: str = "/v1/stream",
        subprotocols: list[str] | None = None,
        source: str = "127.0.0.1",
        **headers: str,
    ) -> "Caller":
        """Open a stream, from this address."""
        url = f"ws://{self.address}{path}?{query}"
        return Caller(url, headers, subprotocols=subprotocols, source_address=(source, 0))


@contextmanager
def serving(
    source: Engine | Loader,
    *,
    port: int = 0,
    ping_s: float = 20.0,
    send_buffer: int = 0,
    tls: tuple[Path, Path] | None = None,
    **settings: Any,
) -> Generator[Running]:
    """A server in a thread, as `sentivox serve` runs it; drained and stopped at the end.

    How much it bears and whether it keeps up is not left to the machine, unless asked for.
    """
    settings = {"max_streams": 64, "degrade": False, **settings}
    listener = bind("127.0.0.1", port)
    if send_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    certificate, key = tls or (None, None)
    app = create_app(source, ServerSettings(**settings))
    server = Server(app, certificate=certificate, key=key)
    server.config.ws_ping_interval = ping_s
    thread = threading.Thread(target=run, args=(server, listener), daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield Running(f"127.0.0.1:{listener.getsockname()[1]}", server)
    finally:
        server.should_exit = True
        thread.join(30)
        if thread.is_alive():
            faulthandler.dump_traceback()
        assert not thread.is_alive(), "the server does not stop"


class Caller:
    """One WebSocket client. Sends what it is told and collects what comes."""

    def __init__(self, url: str, headers: dict[str, str], **options: Any) -> None:
        self._opening = connect(
            url,
            additional_headers=headers,
            proxy=None,
            compression=None,
            max_queue=None,
            ping_interval=None,
            **options,
        )

    def __enter__(self) -> Self:
        self.socket = self._opening.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def code(self) -> int | None:
        """The server's close code."""
        return self.socket.protocol.close_code

    @property
    def reason(self) -> str:
        """The text of the server's close frame."""
        return self.socket.protocol.close_reason or ""

    def say(self, kind: str, **fields: object) -> None:
        """Send a control message."""
        self.say_text(json.dumps({"type": kind, **fields}))

    def say_text(self, text: str) -> None:
        """Send a message of text."""
        self.socket.send(text)

    def send(self, *audio: bytes) -> None:
        """Send messages of audio."""
        for piece in audio:
            self.socket.send(piece)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """What is sent meanwhile leaves together, and so arrives together."""
        self.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        yield
        self.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def next(self) -> Message:
        """The next message."""
        return json.loads(self.socket.recv(timeout=PATIENCE_S))

    def until(self, kind: str) -> list[Message]:
        """Messages up to and with the next of this type."""
        messages = [self.next()]
        while messages[-1]["type"] != kind:
            messages.append(self.next())
        return messages

    def rest(self) -> list[Message]:
        """All messages until the server closes the connection."""
        messages: list[Message] = []
        while True:
            try:
                messages.append(self.next())
            except ConnectionClosed:
                return messages

    def finish(self, *audio: bytes) -> list[Message]:
        """Send audio, close the stream, and take all that comes."""
        self.send(*audio)
        self.say("CloseStream")
        return self.rest()


def client(running: Running, token: str | None = None) -> httpx.Client:
    """For everything that is no WebSocket."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=running.http, headers=headers, trust_env=False, timeout=PATIENCE_S)


def call_audio(start: float, end: float, channel: int | None = 1) -> bytes:
    """Part of the sample call as int16 at 16 kHz; both channels interleaved for None."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)[:, round(start * 16e3) : round(end * 16e3)]
    return (call.T if channel is None else call[channel]).tobytes()


def pieces(data: bytes, size: int) -> list[bytes]:
    """Messages of `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def offline(
    engine: Engine,
    data: bytes,
    audio: AudioFormat | None = None,
    config: StreamConfig | None = None,
) -> list[Message]:
    """The events of the same audio without a server."""
    runner = Runner(engine, engine.open(audio, config))
    begin = runner._session.begin()
    return plain([begin, *runner.feed(data), *runner.close()])


def plain(events: list[Event]) -> list[Message]:
    """Events as their JSON."""
    return [msgspec.to_builtins(event) for event in events]


def content(messages: list[Message]) -> list[Message]:
    """What was said, without names, numbers and wall time; order follows the models' speed."""
    ignored = {"session_id", "seq", "latency_ms", "limits"}
    kept = [{k: v for k, v in message.items() if k not in ignored} for message in messages]
    return sorted(kept, key=str)


def kinds(messages: list[Message]) -> list[str]:
    """The messages' types."""
    return [message["type"] for message in messages]


def only(messages: list[Message], kind: str) -> list[Message]:
    """The messages of one type."""
    return [message for message in messages if message["type"] == kind]


def wait_for(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something becomes true."""
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.005)


def pool_of(engine: Engine) -> WorkerPool:
    """An engine's transcribing processes."""
    assert engine._parts.asr is not None
    return engine._parts.asr


class Recogniser:
    """The one transcribing process of an engine, to be held up or killed."""

    def __init__(self, engine: Engine) -> None:
        self._pool = pool_of(engine)
        self._pool._backlog.share(inf)  # from here on uploads have no process of their own
        wait_for(lambda: self._pool.stats().alive == 1)
        worker = self._pool._supervisors[0]._worker
        assert worker is not None
        self._pid = worker.pid

    @property
    def queued(self) -> int:
        """Jobs that wait for it."""
        return self._pool.stats().queued

    @property
    def busy(self) -> bool:
        """Whether it has a job."""
        return self._pool.stats().busy == 1

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        os.kill(self._pid, signal.SIGKILL)

    @contextmanager
    def held(self) -> Generator[Self]:
        """It does nothing meanwhile."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield self
        finally:
            if self._pid in {s._worker.pid for s in self._pool._supervisors if s._worker}:
                os.kill(self._pid, signal.SIGCONT)
            wait_for(lambda: self._pool.stats().alive == 1 and not self.busy)


def files(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
