"""Recordings that a client of Deepgram's names by their address."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError
from sentivox.samples import CALL
from sentivox.server.http.fetching import Fetcher
from sentivox.server.service import Service
from sentivox.server.settings import ServerSettings
from tests.outbound.receivers import (
    Behave,
    Request,
    answers,
    floods,
    hangs_in_the_body,
    in_background,
    resets,
)
from tests.server.serving import Running, client, serving, wait_for


async def gives(request: Request, writer: asyncio.StreamWriter) -> None:
    """The sample call at /call, and nothing elsewhere."""
    found = request.line == "GET /call?key=1 HTTP/1.1"
    await answers(200 if found else 404, body=CALL.read_bytes())(request, writer)


def asked(http: httpx.Client, url: str, **query: str) -> httpx.Response:
    return http.post("/v1/listen", json={"url": url}, params=query)


def problem(answer: httpx.Response) -> str:
    assert answer.status_code in {400, 413}
    told = answer.json()
    assert told.keys() == {"err_code", "err_msg", "request_id"}
    return told["err_msg"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_client_names_a_recording(engine: Engine) -> None:
    deepgram = pytest.importorskip("deepgram")
    from deepgram.environment import DeepgramClientEnvironment

    with in_background(gives) as receiver:
        origin = f"http://127.0.0.1:{receiver.port}"
        with serving(engine, fetch_from=(origin,)) as running, client(running) as http:
            there = DeepgramClientEnvironment(
                base=running.http, production=running.http, agent="", agent_rest=""
            )
            with httpx.Client(trust_env=False, timeout=300) as carrier:
                api = deepgram.DeepgramClient(api_key="k", environment=there, httpx_client=carrier)
                told = api.listen.v1.media.transcribe_url(
                    url=f"{origin}/call?key=1", model="nova-3", sentiment=True
                )
            sent = http.post("/v1/listen", params={"sentiment": "true"}, content=CALL.read_bytes())
        (request,) = receiver.requests
    assert request.headers["user-agent"].startswith("sentivox/")
    assert request.headers.keys() == {
        "host", "user-agent", "accept", "accept-encoding", "connection",
    }  # fmt: skip
    expected = sent.json()
    assert told.metadata.sha256 == expected["metadata"]["sha256"]
    texts = [segment.text for segment in told.results.sentiments.segments]
    assert texts == [s["text"] for s in expected["results"]["sentiments"]["segments"]]


@pytest.fixture(scope="module")
def fetching(engine: Engine) -> Iterator[tuple[Running, Any]]:
    """A server that fetches from one receiver, whose behaviour can be set."""
    behaviour: list[Behave] = [gives]

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await behaviour[0](request, writer)

    with in_background(behave) as receiver:
        origin = f"http://127.0.0.1:{receiver.port}"
        limits: dict[str, Any] = {"max_upload_bytes": 4 << 20, "upload_grace_s": 0.5}
        with serving(engine, fetch_from=(origin,), **limits) as running:
            yield running, (origin, behaviour)


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (answers(404), "127.0.0.1 answered with status 404"),
        (answers(302, headers="Location: http://127.0.0.1:1/\r\n"), "answered with status 302"),
        (answers(200, body=b""), "the file is empty"),
        (answers(200, body=b"no recording" * 100), "not audio in a known format"),
        (hangs_in_the_body, "127.0.0.1 sends too slowly"),
        (floods([]), "over the limit of 4194304 bytes"),
        (resets, "broke off without an answer"),
    ],
)
def test_what_gives_no_recording_is_told(
    fetching: tuple[Running, Any], behave: Behave, why: str
) -> None:
    running, (origin, behaviour) = fetching
    behaviour[0] = behave
    with client(running) as http:
        assert why in problem(asked(http, f"{origin}/call"))
        wait_for(lambda: not len(running.server.service.uploads))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1/call", "fetches nothing from 127.0.0.1:1"),
        ("https://127.0.0.1/call", "fetches nothing from 127.0.0.1"),
        ("http://localhost/call", "fetches nothing from localhost"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address"),
        ("file:///etc/passwd", "it is not a URL"),
        ("http://me:secret@127.0.0.1/", "leave out the user name"),
        ("", "it is not a URL"),
    ],
)
def test_nothing_is_fetched_from_elsewhere(
    fetching: tuple[Running, Any], url: str, why: str
) -> None:
    with client(fetching[0]) as http:
        assert why in problem(asked(http, url))


def test_a_client_that_leaves_ends_the_fetching(fetching: tuple[Running, Any]) -> None:
    running, (origin, behaviour) = fetching
    begun, over = threading.Event(), threading.Event()

    async def trickles(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                writer.write(bytes(10_000))
                await writer.drain()
                begun.set()
                await asyncio.sleep(0.1)
        finally:
            over.set()

    behaviour[0] = trickles
    with client(running) as http, pytest.raises(httpx.ReadTimeout):
        http.post("/v1/listen", json={"url": f"{origin}/call"}, timeout=1.0)
    wait_for(lambda: len(running.server.service.uploads) == 0)
    assert begun.is_set()
    assert over.wait(300)


@pytest.mark.parametrize("body", ["[]", "{}", '{"url": 5}', "hello", "[" * 5000])
def test_other_json_is_told(fetching: tuple[Running, Any], body: str) -> None:
    with client(fetching[0]) as http:
        headers = {"Content-Type": "application/json"}
        told = problem(http.post("/v1/listen", content=body, headers=headers))
        assert told == 'a body of JSON is {"url": "https://…"}'
        big = json.dumps({"url": "x" * 70_000})
        answer = http.post("/v1/listen", content=big, headers=headers)
        assert (answer.status_code, answer.json()["err_code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_server_fetches_nothing_unless_its_operator_says_so(server: Running) -> None:
    with client(server) as http:
        assert "ask its operator for --fetch-from" in problem(asked(http, "https://example.org/"))


@pytest.mark.parametrize(
    "origin", ["", "example.org", "ftp://example.org", "https://example.org/calls", "https://a:b@c"]
)
def test_an_origin_that_is_none_is_one_line(engine: Engine, origin: str) -> None:
    with pytest.raises(SentivoxError, match="--fetch-from") as refused:
        Service(engine, ServerSettings(fetch_from=(origin,)))
    assert "\n" not in str(refused.value)


def test_origins_of_every_form() -> None:
    origins = ["https://Example.org", "http://[::1]:9000", "https://10.0.0.1:444/"]
    fetched = Fetcher(origins).fetched
    for url in ("https://example.org/a", "http://[::1]:9000/b?c", "https://10.0.0.1:444/"):
        fetched(url)
