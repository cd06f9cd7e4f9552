"""The Python client used wrongly: one line that says what to do, and nothing else."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sentivox.client import ClientStream, connect, stream_audio, stream_file
from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError, UsageError
from sentivox.protocol.events import Begin, Termination
from tests.server.serving import Running, serving

PIECE = bytes(1600)


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0) as running:
        yield running


def with_stream(server: Running, use: Callable[[ClientStream], Awaitable[object]]) -> object:
    async def run() -> object:
        async with connect(server.address, modalities=["audio"]) as stream:
            return await use(stream)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": None}, {"url": 5}, {"url": b"ws://localhost"}, {"sample_rate": "fast"},
        {"sample_rate": None}, {"encoding": 5}, {"channels": "two"}, {"channels": None},
        {"language": 5}, {"modalities": "audio"}, {"modalities": None}, {"modalities": [5]},
        {"chinese_script": 5}, {"token": 5}, {"cacert": 5}, {"reconnect_s": None},
        {"reconnect_s": "long"},
    ],
)  # fmt: skip
def test_arguments_of_a_connection(server: Running, arguments: dict[str, Any]) -> None:
    async def run() -> None:
        given: dict[str, Any] = {"url": server.address, **arguments}
        async with connect(**given):
            pass

    with pytest.raises(SentivoxError):
        asyncio.run(run())


def test_a_token_is_not_shown_where_it_is_of_a_wrong_type(server: Running) -> None:
    async def run() -> None:
        async with connect(server.address, token=b"secret"):  # pyright: ignore
            pass

    with pytest.raises(UsageError, match=r"^token must be a string, not bytes$"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "data",
    [None, 5, "pcm", [1], np.zeros(4, np.int16), np.zeros(4, np.float32), iter([PIECE])],
)
def test_what_is_sent(server: Running, data: Any) -> None:
    with pytest.raises(UsageError, match="audio must be bytes"):
        with_stream(server, lambda stream: stream.send(data))


def test_a_stream_that_is_closed_takes_no_more_and_closes_again(server: Running) -> None:
    async def use(stream: ClientStream) -> None:
        await stream.send(bytearray(PIECE))
        await stream.send(memoryview(PIECE))
        await stream.close()
        await stream.close()
        for refused in (stream.send(PIECE), stream.finalize(), stream.configure(words=True)):
            with pytest.raises(UsageError, match="this stream is closed"):
                await refused
        await stream.keep_alive()
        events = [event async for event in stream]
        assert isinstance(events[-1], Termination)
        assert [event async for event in stream] == []
        await stream.close()

    with_stream(server, use)


def test_a_stream_whose_block_is_over(server: Running) -> None:
    async def run() -> None:
        async with connect(server.address, modalities=["audio"]) as stream:
            pass
        for refused in (stream.send(PIECE), anext(stream), stream.close(), stream.keep_alive()):
            with pytest.raises(UsageError, match="use it inside"):
                await refused

    asyncio.run(run())


def test_two_tasks_take_the_events(server: Running) -> None:
    async def use(stream: ClientStream) -> None:
        first = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="one at a time"):
            await anext(stream)
        await stream.close()
        assert await first

    with_stream(server, use)


def test_another_event_loop(server: Running) -> None:
    async def use(stream: ClientStream) -> None:
        for use in (stream.send(PIECE), anext(stream)):
            with pytest.raises(UsageError, match="another event loop"):
                await asyncio.to_thread(asyncio.run, use)  # pyright: ignore

    with_stream(server, use)


@pytest.mark.parametrize(
    "options",
    [{"modalities": 5}, {"modalities": [5]}, {"endpointing": 5}, {"language": object()},
     {"min_confidence": np.float32(0.5)}, {"words": np.True_}, {"endpointing": {"x": object()}}],
)  # fmt: skip
def test_what_is_configured(server: Running, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        with_stream(server, lambda stream: stream.configure(**options))


@pytest.mark.parametrize(
    "audio",
    [None, PIECE, "pcm", [5], ["pcm"], [np.zeros(4, np.int16)]],
)
def test_what_is_streamed(server: Running, audio: Any) -> None:
    with pytest.raises(UsageError, match="audio must be"):
        list(stream_audio(audio, server.address, modalities=["audio"]))


def test_no_file(server: Running) -> None:
    with pytest.raises(UsageError, match="the path of a recording, not None"):
        list(stream_file(None, server.address))  # pyright: ignore


def test_where_an_event_loop_runs_as_in_a_notebook(server: Running) -> None:
    async def cell() -> None:
        list(stream_audio([PIECE], server.address))

    with pytest.raises(UsageError, match="take events with `async for`"):
        asyncio.run(cell())


def test_two_threads_take_the_events(server: Running) -> None:
    raised: list[Exception] = []

    def second() -> None:
        try:
            next(events)
        except Exception as error:  # noqa: BLE001  (whatever it is)
            raised.append(error)

    def pieces() -> Iterator[bytes]:
        yield PIECE  # asked for while the first thread waits for an event
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    events = stream_audio(pieces(), server.address, modalities=["audio"])
    assert isinstance(next(events), Begin)
    assert isinstance(list(events)[-1], Termination)
    assert [type(error) for error in raised] == [UsageError]


def test_a_stream_closed_early_gives_no_more(server: Running) -> None:
    events = stream_audio(iter([PIECE]), server.address, modalities=["audio"])
    assert isinstance(next(events), Begin)
    events.close()
    events.close()
    assert list(events) == []
