"""The app without a network: what a socket would bring is a list, and what it sends is checked."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from sentivox.engine.engine import Engine
from sentivox.protocol.events import (
    Begin,
    Error,
    Event,
    Message,
    SpeechEnded,
    SpeechStarted,
    Termination,
    Utterance,
    decode,
)
from sentivox.server.app import create_app
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from sentivox.speech.endpointing import EndpointConfig
from sentivox.stream.config import StreamConfig
from tests.fuzz.script import Received, Script

CODES: Final = frozenset({1000, 1003, 1009})
"""How such clients may be closed; never 1011, which is a bug of ours."""

HASTY: Final = EndpointConfig(
    trigger_s=0.03, silence_s=0.1, pause_s=0.04, min_speech_s=0.1, soft_cut_s=0.8, hard_cut_s=1.2
)
"""Utterances live a few tenths of a second, so that a short input has whole ones."""

GOODBYE: Final[Received] = {"type": "websocket.receive", "text": '{"type":"CloseStream"}'}


class App:
    """A server's app, called by one client after another on a loop of its own.

    Args:
        engine: Runs the jobs.
    """

    def __init__(self, engine: Engine) -> None:
        settings = ServerSettings(
            resume_s=0.0,
            late_s=600.0,
            max_streams=64,  # how much this machine bears is not what is tried
            degrade=False,
            stream=StreamConfig(endpoint=HASTY, tone_hop_s=0.1, tone_window_s=1.0),
        )
        self._app = create_app(engine, settings)
        self._service: Service = self._app.state.service
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """End the loop."""
        self._loop.close()

    def serve(self, script: Script) -> None:
        """Let a client do as the script says.

        Raises:
            AssertionError: the server broke one of its promises.
        """
        self._loop.run_until_complete(self._serve(script))

    async def _serve(self, script: Script) -> None:
        client = _Client(script)
        async with asyncio.timeout(60):
            await self._app(_scope(script.query), client.receive, client.send)
        client.check()
        assert not len(self._service.sessions), "a session stayed open"
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.sleep(0)
        assert not [task for task in left if not task.done()], "a task was left"


class _Client:
    """Plays a script and keeps what comes."""

    def __init__(self, script: Script) -> None:
        ending = [GOODBYE] if script.closes else [{"type": "websocket.disconnect", "code": 1006}]
        self._left: list[Received | int] = [{"type": "websocket.connect"}, *script.steps, *ending]
        self._left.reverse()
        self._vanishes = not script.closes
        self._sent: list[Received] = []

    async def receive(self) -> Received:
        """The client's next message; for ever nothing after its last."""
        while self._left:
            step = self._left.pop()
            if isinstance(step, dict):
                return step
            for _ in range(step):
                await asyncio.sleep(0)
        return await asyncio.get_running_loop().create_future()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take what the server says."""
        self._sent.append(dict(message))

    def check(self) -> None:
        """All that a client is promised."""
        accepted, *rest = self._sent
        assert accepted["type"] == "websocket.accept"
        closed = rest.pop() if rest and rest[-1]["type"] == "websocket.close" else None
        messages = [decode(message["text"]) for message in rest]
        assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
        assert len({m.session_id for m in messages}) <= 1
        if closed is None:
            assert self._vanishes, "the server hung up without a close"
            return
        assert closed["code"] in CODES, closed
        last = messages[-1]
        if closed["code"] == 1000:
            assert isinstance(last, Termination)
            assert isinstance(messages[0], Begin)
            _check_speech(messages)
        else:
            assert isinstance(last, Error)
            assert last.fatal


def _check_speech(messages: list[Message]) -> None:
    """Every utterance that began has its end, and its Utterance unless it was discarded."""
    begun = {_key(m) for m in messages if isinstance(m, SpeechStarted)}
    ended = {_key(m): m.discarded for m in messages if isinstance(m, SpeechEnded)}
    judged = {_key(m) for m in messages if isinstance(m, Utterance) and m.final}
    assert set(ended) == begun
    assert judged == {key for key, discarded in ended.items() if not discarded}


def _key(event: Event) -> tuple[int, int]:
    assert isinstance(event, SpeechStarted | SpeechEnded | Utterance)
    return event.channel, event.utterance_id


def _scope(query: bytes) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 9000),
        "root_path": "",
        "path": "/v1/stream",
        "raw_path": b"/v1/stream",
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1:8000")],
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }
