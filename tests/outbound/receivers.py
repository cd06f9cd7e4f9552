"""Real receivers on the loopback, well-behaved and hostile, and names that lead to them."""

import asyncio
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

NAME = "hook.example"
"""A name that stands for a receiver; only `Names` knows it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


Behave = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
"""What a receiver does with a request; the connection is closed afterwards."""


@dataclass(slots=True)
class Receiver:
    """A receiver's port, and what it got."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def receiving(behave: Behave, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Receiver]:
    """A receiver on a free port of 127.0.0.1, in this event loop."""
    receiver = Receiver(0)
    open_: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.connections += 1
        task = asyncio.current_task()
        assert task is not None
        open_.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                request = await _read(reader)
                receiver.requests.append(request)
                await behave(request, writer)
        finally:
            open_.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tuple(open_):
            task.cancel()
        if open_:
            await asyncio.wait(tuple(open_))
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(head[0], headers, body)


def answers(*statuses: int, headers: str = "", body: bytes = b"ok") -> Behave:
    """Answer the first request with the first status and so on, and then always with the last."""
    left = list(statuses)

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        head = f"HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return behave


async def hangs(_: Request, __: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await asyncio.Event().wait()


async def hangs_in_the_body(_: Request, writer: asyncio.StreamWriter) -> None:
    """Answer with 200 and a body that does not end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    await asyncio.Event().wait()


async def drips(_: Request, writer: asyncio.StreamWriter) -> None:
    """Send a header that never ends, byte by byte."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def resets(_: Request, writer: asyncio.StreamWriter) -> None:
    """Cut the connection without an answer."""
    writer.transport.abort()


def floods(sent: list[int]) -> Behave:
    """Answer with 200 and 1 GB, and note how many bytes the other side let through."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        sent.append(0)
        while sent[-1] < 1_000_000_000:
            writer.write(bytes(1 << 16))
            sent[-1] += 1 << 16
            await writer.drain()

    return behave


class Names:
    """A resolver that knows what it is told, and how often it was asked.

    Args:
        answers: Addresses by name, one list for each lookup, the last one for all that follow.
    """

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        left = self._answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def in_background(behave: Behave, tls: ssl.SSLContext | None = None) -> Generator[Receiver]:
    """A receiver in a thread of its own, for tests without an event loop."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[tuple[Receiver, asyncio.AbstractEventLoop]] = []

    async def work() -> None:
        async with receiving(behave, tls) as receiver:
            found.append((receiver, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert started.wait(300)
    receiver, loop = found[0]
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(300)
