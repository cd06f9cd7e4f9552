"""A server for the clients of other services, and what our own protocol says of the same audio."""

from collections.abc import Iterator

import pytest

from sentivox.engine.engine import Engine
from tests.server.serving import Message, Running, call_audio, only, pieces, serving


@pytest.fixture(scope="package")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0) as running:
        yield running


@pytest.fixture(scope="package")
def speech() -> bytes:
    """The customer of the sample call, as int16 at 16 kHz."""
    return call_audio(0.0, 30.0)


@pytest.fixture(scope="package")
def ours(server: Running, speech: bytes) -> list[Message]:
    """What protocol v1 says of that audio."""
    with server.call("words=true") as caller:
        messages = caller.finish(*pieces(speech, 8000))
    return [m for m in only(messages, "Utterance") if m["final"]]
