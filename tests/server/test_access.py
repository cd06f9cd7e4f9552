"""Who is let in: tokens, tickets, names and origins; over a real socket each."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.exceptions import InvalidStatus

from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError
from sentivox.server.admission.auth import Keyring, Tickets, new_token, token_hash
from sentivox.server.admission.guard import hostname
from sentivox.server.app import create_app
from sentivox.server.run import Server
from tests.server.serving import Caller, Running, client, kinds, serving

TONE = "modalities=audio"
ALICE, BOB = new_token(), new_token()
PLACES = [
    ("post", "/v1/analyze"),
    ("post", "/v1/explain"),
    ("post", "/v1/ticket"),
    ("get", "/v1/models"),
    ("get", "/metrics"),
]


@pytest.fixture(scope="module")
def guarded(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that knows Alice by the file and Bob by the environment."""
    kept = tmp_path_factory.mktemp("auth") / "tokens"
    kept.write_text(f"# who may\n\n{token_hash(ALICE)} alice  # since spring\n")
    with serving(engine, keyring=Keyring.read(kept) | Keyring.of([BOB])) as running:
        yield running


def greeting(caller: Caller) -> str:
    """Begin, or the code of the refusal and how it closed."""
    with caller:
        first = caller.next()
        if first["type"] == "Begin":
            return "Begin"
        assert caller.rest() == []
        return f"{first['code']} {caller.code}"


@pytest.mark.parametrize("token", [ALICE, BOB])
@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_a_token_opens_in_the_header(guarded: Running, scheme: str, token: str) -> None:
    assert greeting(guarded.call(TONE, Authorization=f"{scheme} {token}")) == "Begin"


@pytest.mark.parametrize("scheme", ["token", "bearer"])
def test_a_token_opens_as_subprotocol_and_is_not_said_back(guarded: Running, scheme: str) -> None:
    with guarded.call(TONE, subprotocols=["x", scheme, ALICE]) as caller:
        assert caller.next()["type"] == "Begin"
        assert caller.socket.subprotocol == scheme


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", f"Basic {ALICE}", f"Bearer {ALICE[:-1]}", f"Bearer {ALICE}x",
     "Bearer " + "x" * 4000, f"Bearer {token_hash(ALICE)}", f"Bearer {token_hash(ALICE)[7:]}",
     ALICE],
)  # fmt: skip
def test_anything_else_does_not(guarded: Running, authorization: str) -> None:
    assert greeting(guarded.call(TONE, Authorization=authorization)) == "unauthorized 1008"
    with client(guarded) as http:
        for method, path in PLACES:
            answer = http.request(method, path, headers={"Authorization": authorization})
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert "token" in answer.json()["detail"]


def test_neither_does_nothing_nor_a_token_in_the_query(guarded: Running) -> None:
    assert greeting(guarded.call(TONE)) == "unauthorized 1008"
    assert greeting(guarded.call(f"{TONE}&token={ALICE}")) == "unauthorized 1008"
    assert greeting(guarded.call(TONE, subprotocols=["token"])) == "unauthorized 1008"
    assert greeting(guarded.call(TONE, subprotocols=["token", BOB + "x"])) == "unauthorized 1008"


def test_rest_opens_with_a_token_and_probes_without(guarded: Running, sentence: bytes) -> None:
    with client(guarded, ALICE) as http:
        assert http.get("/v1/models").status_code == 200
        assert http.post("/v1/analyze", content=sentence).status_code == 422  # no format, but in
    with client(guarded) as http:
        for path in ("/healthz", "/readyz", "/", "/docs", "/openapi.json", "/static/app.js"):
            assert http.get(path).status_code == 200, path


def test_a_ticket_opens_a_stream_and_nothing_else(guarded: Running) -> None:
    with client(guarded, ALICE) as http:
        answer = http.post("/v1/ticket").json()
    ticket = answer["token"]
    assert answer["expires_in"] == 60
    assert ALICE not in ticket
    assert greeting(guarded.call(f"{TONE}&token={ticket}")) == "Begin"
    parts = ticket.split(".")
    for wrong in (ticket[:-1], f"x{ticket}", *parts, ".".join(parts[:2]), "..", "", "ü.ü.ü"):
        assert greeting(guarded.call(f"{TONE}&token={wrong}")) == "unauthorized 1008", wrong
    with client(guarded, ticket) as http:
        assert http.post("/v1/ticket").status_code == 401  # it begets no other


def test_a_ticket_grows_old_and_none_is_needed_where_no_token_is(
    engine: Engine, server: Running
) -> None:
    with serving(engine, keyring=Keyring.of([BOB]), ticket_s=0.0) as running:
        with client(running, BOB) as http:
            ticket = http.post("/v1/ticket").json()["token"]
        assert greeting(running.call(f"token={ticket}")) == "unauthorized 1008"
    with client(server) as http:
        assert http.post("/v1/ticket").json()["token"] is None


def test_other_peoples_pages_get_no_ticket(guarded: Running) -> None:
    with client(guarded, ALICE) as http:
        answer = http.post("/v1/ticket", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_ticket_of_another_process_is_worth_nothing() -> None:
    assert Tickets(60).holder(Tickets(60).mint("alice")) is None


def test_a_ticket_is_its_holders_alone_and_for_its_time() -> None:
    now = 5e6
    tickets = Tickets(1.5, lambda: now)
    alice, bob = tickets.mint("alice"), tickets.mint("bob ü . x")
    assert (tickets.holder(alice), tickets.holder(bob)) == ("alice", "bob ü . x")
    assert tickets.holder(".".join([bob.split(".")[0], *alice.split(".")[1:]])) is None
    now += 1.4
    assert tickets.holder(alice) == "alice"
    now += 0.1
    assert tickets.holder(alice) is None
    assert Tickets(0.0).holder(Tickets(0.0).mint("alice")) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no token"),
        ("# nobody\n", "no token"),
        (f"{ALICE}\n", "line 1"),
        (f"{token_hash(ALICE)}\nsha256:abc bob\n", "line 2"),
        (f"{token_hash(ALICE)[:-2]} short\n", "line 1"),
        ("sha256:" + "zz" * 32, "line 1"),
    ],
)
def test_a_file_of_tokens_that_is_none_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tokens").write_text(text)
    with pytest.raises(SentivoxError, match=says) as problem:
        Keyring.read(tmp_path / "tokens")
    assert "\n" not in str(problem.value)
    assert ALICE not in str(problem.value)


def test_no_file_of_tokens_and_a_token_to_guess_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(SentivoxError, match="No such file"):
        Keyring.read(tmp_path / "nowhere")
    with pytest.raises(SentivoxError, match="20 characters") as problem:
        Keyring.of(["hunter2"])
    assert "hunter2" not in str(problem.value)


REBOUND = ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::2]:80", "["]


@pytest.mark.parametrize("host", REBOUND)
def test_a_name_that_is_not_ours_is_not_answered(server: Running, host: str) -> None:
    """As a page sends it whose name was made to mean this machine (DNS rebinding)."""
    with client(server) as http:
        for path in ("/", "/v1/models", "/healthz"):
            answer = http.get(path, headers={"Host": host, "Origin": f"http://{host}"})
            assert answer.status_code == 421
            assert f"--allow-host {hostname(host) or 'NAME'}" in answer.json()["detail"]
    address, port = server.address.split(":")
    upgrade = (
        f"GET /v1/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection((address, int(port))) as raw:
        raw.sendall(upgrade.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("host", ["localhost", "LocalHost:1", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machines_names_are_ours(server: Running, host: str) -> None:
    with client(server) as http:
        assert http.get("/healthz", headers={"Host": host}).status_code == 200


def test_an_operator_may_name_more_or_any(engine: Engine) -> None:
    named = {"Host": "voice.example"}
    with serving(engine, allowed_hosts=("voice.example",)) as running, client(running) as http:
        assert http.get("/healthz", headers=named).status_code == 200
        assert http.get("/healthz").status_code == 421
    with serving(engine, allowed_hosts=None) as running, client(running) as http:
        assert http.get("/healthz", headers=named).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/models", "/nowhere", "/static/app.js"])
def test_every_answer_says_what_browsers_may_not_do(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    assert "server" not in headers


def test_a_page_may_talk_to_this_server_only(http: httpx.Client, server: Running) -> None:
    policy = http.get("/").headers["Content-Security-Policy"]
    own = f"connect-src 'self' ws://{server.address} wss://{server.address};"
    assert own in policy
    assert "default-src 'self';" in policy


def test_tls_end_to_end(engine: Engine, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(issued.cert_chain_pems[0].bytes())
    key.write_bytes(issued.private_key_pem.bytes())
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with serving(engine, tls=(certificate, key)) as running:
        url = f"https://{running.address}/healthz"
        assert httpx.get(url, verify=trust, trust_env=False).status_code == 200
        with Caller(f"wss://{running.address}/v1/stream?{TONE}", {}, ssl=trust) as caller:
            assert kinds(caller.finish(bytes(3200))) == ["Begin", "Summary", "Termination"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://{running.address}/healthz", trust_env=False)


def test_a_certificate_that_is_none_is_one_line(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    for name in ("cert.pem", "nowhere.pem"):
        with pytest.raises(SentivoxError, match=rf"{name} cannot be used for TLS: ") as problem:
            Server(create_app(engine), certificate=tmp_path / name)
        assert "\n" not in str(problem.value)


def test_a_refused_upgrade_elsewhere_says_where_streams_are(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(engine) as running:
        for path in ("/v1/models", "/nowhere", "/"):
            with pytest.raises(InvalidStatus) as refused, running.call(path=path):
                pass
            answer = refused.value.response
            assert answer.status_code == 404
            assert b"connect to /v1/stream" in (answer.body or b"")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "ERROR" not in capsys.readouterr().err


def test_nothing_about_tokens_is_logged(guarded: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with client(guarded, ALICE) as http:
        ticket = http.post("/v1/ticket").json()["token"]
    greeting(guarded.call(TONE, Authorization=f"Bearer {ALICE}"))
    greeting(guarded.call(f"token={ticket}"))
    greeting(guarded.call(f"token={ALICE}"))
    theirs = ("websockets.client", "httpx", "httpcore")
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(theirs)]
    assert any("code=unauthorized" in line for line in ours)
    assert not [line for line in ours if ALICE in line or ticket in line]
