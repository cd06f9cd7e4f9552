"""What no endpoint serves: HEAD, OPTIONS, wrong methods and paths, bugs; and a sub-path."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError
from sentivox.samples import CALL
from sentivox.server.dialects.names import FOREIGN
from sentivox.server.dialects.registry import stream_protocols
from sentivox.server.http.subpath import OWN, sub_path
from tests.server.serving import Running, client, serving

READ = [
    "/", "/history", "/docs", "/docs/protocol", "/openapi.json", "/asyncapi.json", "/healthz",
    "/readyz", "/metrics", "/v1/models", "/sample", "/static/app.js", "/static/sentivox.js",
    "/static/icon.svg", "/static/icon-512.png", "/static/tokens.css", "/manifest.webmanifest",
    "/service-worker.js",
]  # fmt: skip
POSTED = ["/v1/analyze", "/v1/explain", "/v1/ticket"]
SAME = {"content-type", "cache-control", "content-security-policy", "x-frame-options", "etag"}


@pytest.fixture(scope="module", params=["", "/sentivox", "/a/b.c"])
def site(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Running]:
    """A server, under a sub-path or not; asked for by the whole path, as if passed on."""
    with serving(engine, sample=CALL, root_path=request.param) as running:
        yield running


@pytest.fixture
def asked(site: Running) -> Iterator[httpx.Client]:
    with client(site) as http:
        http.base_url = f"{site.http}{root(site)}"
        yield http


def root(site: Running) -> str:
    return site.server.service.settings.root_path


@pytest.mark.parametrize("path", READ)
def test_head_is_get_without_its_body(asked: httpx.Client, path: str) -> None:
    whole, head = asked.get(path), asked.head(path)
    assert (whole.status_code, head.status_code) == (200, 200)
    assert head.content == b""
    for name in SAME:
        assert head.headers.get(name) == whole.headers.get(name), name
    if path != "/metrics":  # counts on
        assert head.headers["Content-Length"] == str(len(whole.content))


def test_head_of_what_is_not_there_is_no_body_either(asked: httpx.Client) -> None:
    for path, status in (("/nowhere", 404), ("/static/no.js", 404), ("/v1/analyze", 405)):
        answer = asked.head(path)
        assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("path", [*READ, *POSTED])
def test_options_says_what_a_path_takes(asked: httpx.Client, path: str) -> None:
    answer = asked.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    wanted = "OPTIONS, POST" if path in POSTED else "GET, HEAD, OPTIONS"
    assert answer.headers["Allow"] == wanted


@pytest.mark.parametrize("path", [*READ, *POSTED])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_a_wrong_method_is_told_the_right_ones(asked: httpx.Client, method: str, path: str) -> None:
    answer = asked.request(method, path)
    assert answer.status_code == 405
    takes = "POST" if path in POSTED else "GET, HEAD"
    whole = f"{asked.base_url.path}{path.lstrip('/')}"
    assert answer.json() == {"detail": f"{whole} takes {takes}, not {method}"}
    assert takes.partition(", ")[0] in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/nothing", "/static/", "/static/no.js", "/static/../app.py",
             "/" + "x" * 5000, "/%00", "/static/%00", "/docs//", "/sentivox/sentivox/"]
)  # fmt: skip
def test_an_unknown_path_is_told_where_things_are(site: Running, path: str) -> None:
    with client(site) as http:
        answer = http.get(root(site) + path)
    assert answer.status_code == 404
    (detail,) = answer.json().values()
    assert f"the page is at {root(site)}/, and {root(site)}/docs lists" in detail
    assert len(detail) < 250
    assert "\n" not in detail


def test_a_stream_asked_for_over_http_is_said_to_be_one(asked: httpx.Client) -> None:
    for path in ("/v1/stream", "/ws/analyze"):
        for method in ("GET", "POST"):
            answer = asked.request(method, path)
            assert answer.status_code == 426
            assert answer.headers["Upgrade"] == "websocket"
            assert "ws://" in answer.json()["detail"]


def test_a_slash_too_many_is_put_right_by_a_relative_address(asked: httpx.Client) -> None:
    for path in ("/docs/", "/docs/protocol/", "/healthz/", "/v1/models/"):
        answer = asked.get(path)
        assert answer.status_code == 307
        assert answer.headers["Location"].startswith("../")
        assert asked.get(path, follow_redirects=True).url.path.endswith(path.rstrip("/"))


def test_a_bug_is_one_line_with_the_headers_of_all_answers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(engine) as running, client(running) as http:
        monkeypatch.setattr(running.server.service, "metrics", None)
        answer = http.get("/metrics")
    assert answer.status_code == 500
    assert answer.json().keys() == {"detail"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_under_a_sub_path_the_rest_is_answered_as_if_it_was_stripped(engine: Engine) -> None:
    with serving(engine, root_path="/sentivox") as running, client(running) as http:
        for path in ("/healthz", "/sentivox/healthz", "/static/app.js", "/sentivox/static/app.js"):
            assert http.get(path).status_code == 200
        for path in ("/sentivoxhealthz", "/sentivox2/healthz", "/sentivox/sentivox/healthz"):
            assert http.get(path).status_code == 404
        answer = http.get("/sentivox?x=%23&y")
        assert (answer.status_code, answer.headers["Location"]) == (307, "sentivox/?x=%23&y")


@pytest.mark.parametrize(
    ("text", "path"),
    [("", ""), ("/", ""), ("sentivox", "/sentivox"), ("/a/", "/a"), ("/a/b.c/~d_-", "/a/b.c/~d_-")],
)
def test_a_sub_path_is_taken_however_it_is_written(text: str, path: str) -> None:
    assert sub_path(text) == path


@pytest.mark.parametrize(
    "text", ["a b", "/a//b", "/a?b", "/a#b", "/..", "/a/../b", "/ä", "http://x/y", *OWN, "/v1/x"]
)
def test_what_is_no_sub_path_is_one_line(text: str) -> None:
    with pytest.raises(SentivoxError, match="--root-path") as refused:
        sub_path(text)
    assert "\n" not in str(refused.value)


def test_every_path_that_has_others_below_it_is_known_as_ours(http: httpx.Client) -> None:
    streams = [path for protocol in stream_protocols(FOREIGN) for path in protocol.paths]
    paths = [*READ, *POSTED, *http.get("/openapi.json").json()["paths"], *streams]
    assert {path.split("/")[1] for path in paths if path.count("/") > 1} == OWN


def test_who_leaves_in_the_middle_of_a_recording_is_no_bug(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(engine) as running:
        address, port = running.address.split(":")
        with socket.create_connection((address, int(port))) as raw:
            head = f"POST /v1/analyze HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100000\r\n\r\n"
            raw.sendall(head.encode() + bytes(1000))
        with client(running) as http:  # it goes on
            assert http.get("/healthz").status_code == 200
    assert "ERROR" not in capsys.readouterr().err
