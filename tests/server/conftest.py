"""One server for all tests that need no settings of their own."""

from collections.abc import Iterator

import httpx
import pytest

from sentivox.engine.engine import Engine
from tests.server.serving import Message, Running, call_audio, client, content, offline, serving


@pytest.fixture(scope="session")
def server(engine: Engine) -> Iterator[Running]:
    """Ready; a machine however slow does not make it send tone-only results."""
    with serving(engine, late_s=600.0) as running:
        yield running


@pytest.fixture(scope="session")
def speech() -> bytes:
    """One speaker, two utterances, 6.4 s: happy, then a question."""
    return call_audio(3.0, 9.4)


@pytest.fixture(scope="session")
def sentence(speech: bytes) -> bytes:
    """The first of the two, with the silence that ends it."""
    return speech[: round(3.45 * 32_000)]


@pytest.fixture(scope="session")
def heard(engine: Engine, speech: bytes) -> list[Message]:
    """The content of `speech` as offline analysis finds it."""
    return content(offline(engine, speech))


@pytest.fixture(scope="session")
def http(server: Running) -> Iterator[httpx.Client]:
    """Requests to that server."""
    with client(server) as http:
        yield http
