"""A network that breaks: the Python client comes back by itself, and misses nothing."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Iterator
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.client import ClientStream, connect, stream_audio
from sentivox.client.sent import Sent
from sentivox.engine.engine import Engine
from sentivox.errors import ConnectionFailed
from sentivox.protocol.events import AudioSentiment, Begin, Event, Message, Termination
from tests.server.serving import Running, call_audio, content, offline, plain, serving
from tests.server.wire import Wire

T = TypeVar("T")


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    # Nothing on the server ends what hangs before `within` does.
    with serving(engine, late_s=600.0, idle_timeout_s=600.0) as running:
        yield running


@pytest.fixture(scope="module")
def turn() -> bytes:
    return call_audio(3.0, 9.4)


def within(what: Awaitable[T]) -> T:
    """Run it; a client that hangs is a failed test."""

    async def limited() -> T:
        return await asyncio.wait_for(what, 300)  # on a busy machine a minute is not enough

    return asyncio.run(limited())


async def talk(stream: ClientStream, audio: bytes) -> None:
    for at in range(0, len(audio), 1281):
        await stream.send(audio[at : at + 1281])
        await asyncio.sleep(0.001)
    await stream.close()


def test_cuts_change_nothing_without_asyncio(server: Running, engine: Engine, turn: bytes) -> None:
    pieces = (turn[at : at + 1280] for at in range(0, len(turn), 1280))
    events: list[Event] = []
    with Wire(server) as wire:
        for event in stream_audio(pieces, wire.address):
            events.append(event)
            if isinstance(event, AudioSentiment) and len(events) < 5:
                wire.cut()
    assert isinstance(events[-1], Termination)
    assert content(plain(events)) == content(offline(engine, turn))


def test_what_ends_the_audio_reaches_its_owner(server: Running) -> None:
    def pieces() -> Iterator[bytes]:
        yield bytes(3200)
        raise OSError("cable out")

    with pytest.raises(OSError, match="cable out"):
        list(stream_audio(pieces(), server.address))


@pytest.mark.parametrize("cuts", [1, 3])
def test_cuts_change_nothing(server: Running, engine: Engine, turn: bytes, cuts: int) -> None:
    async def use() -> list[Message]:
        with Wire(server) as wire:
            async with connect(wire.address) as stream:
                events: list[Message] = [stream.begin]
                talking = asyncio.create_task(talk(stream, turn))
                async for event in stream:
                    events.append(event)
                    tones = sum(isinstance(e, AudioSentiment) for e in events)
                    if isinstance(event, AudioSentiment) and tones <= cuts:
                        wire.cut()
                await talking
                assert stream.begin.resumed
        return events

    events = within(use())
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert content(plain([*events])) == content(offline(engine, turn))


def test_a_server_that_forgot_us_begins_anew_and_says_so(engine: Engine, turn: bytes) -> None:
    async def use() -> list[Message]:
        with serving(engine) as first, serving(engine) as second, Wire(first) as wire:
            async with connect(wire.address, modalities=["audio"]) as stream:
                await stream.send(turn[:64_000])
                while not isinstance(await anext(stream), AudioSentiment):
                    pass
                old = stream.session_id
                wire.target = second.address
                wire.cut()
                events = [await anext(stream)]
                while not isinstance(events[-1], Begin):  # what was on its way comes first
                    assert events[-1].session_id == old
                    events.append(await anext(stream))
                assert events[-1].session_id == stream.session_id != old
                del events[:-1]
                await stream.send(turn[64_000:])
                await stream.close()
                return events + [event async for event in stream]

    events = within(use())
    assert isinstance(events[0], Begin)
    assert not events[0].resumed
    assert isinstance(events[-1], Termination)
    assert events[-1].audio_seconds == pytest.approx(6.4 - 2.0)


def test_a_goodbye_that_was_cut_is_said_again(engine: Engine, turn: bytes) -> None:
    async def use() -> list[Message]:
        with serving(engine, late_s=600.0) as running, Wire(running) as wire:
            async with connect(wire.address, modalities=["audio"]) as stream:
                await stream.send(turn)
                await stream.close()
                wire.cut()
                return [event async for event in stream]

    assert isinstance(within(use())[-1], Termination)


def test_whoever_cannot_come_back_is_told_why(server: Running) -> None:
    async def use(reconnect_s: float) -> None:
        with Wire(server) as wire:
            async with connect(wire.address, reconnect_s=reconnect_s) as stream:
                with socket.socket() as nobody:
                    nobody.bind(("127.0.0.1", 0))
                    wire.target = f"127.0.0.1:{nobody.getsockname()[1]}"
                    wire.cut()
                    with pytest.raises(ConnectionFailed) as first:
                        await anext(stream)
                    # Whoever sends learns the same, and does not wait once more.
                    with pytest.raises(ConnectionFailed, match=re.escape(str(first.value))):
                        await stream.send(b"1234")
                    raise first.value

    for reconnect_s in (0.0, 0.6):
        with pytest.raises(ConnectionFailed) as failed:
            within(use(reconnect_s))
        assert "\n" not in str(failed.value)


@given(
    messages=st.lists(st.one_of(st.binary(min_size=1, max_size=40), st.just("{}")), max_size=40),
    place=st.integers(0, 400),
    kept=st.integers(1, 300),
)
def test_what_is_sent_again_is_what_followed(
    messages: list[bytes | str], place: int, kept: int
) -> None:
    sent = Sent(kept)
    for message in messages:
        sent.add(message)
    audio = b"".join(m for m in messages if isinstance(m, bytes))
    again = sent.since(place)
    if place > len(audio):
        assert again is None
        return
    if len(audio) - place <= kept - 40:
        assert again is not None
    if again is not None:
        assert b"".join(m for m in again if isinstance(m, bytes)) == audio[place:]
