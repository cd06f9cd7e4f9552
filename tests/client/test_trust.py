"""TLS and tokens as our clients explain them: certificates, the wrong scheme, no token."""

import asyncio
import datetime
import http.server
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from sentivox.client import connect, stream_file
from sentivox.client.http import Site
from sentivox.client.tls import trust
from sentivox.engine.engine import Engine
from sentivox.errors import ConnectionFailed
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import Running, serving

TOKEN = new_token()
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
FAR = datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Files:
    """Certificate, key, and what to trust for it."""

    certificate: Path
    key: Path
    authority: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Files]:
    """Certificates, as servers have them."""
    authority = trustme.CA()

    def make(kind: str) -> Files:
        folder = tmp_path_factory.mktemp("tls")
        named = "other.example" if kind == "name" else "127.0.0.1"
        if kind == "self-signed":
            chain, key = authority.cert_pem.bytes(), authority.private_key_pem.bytes()
        else:
            begins = {"expired": LONG_AGO, "early": FAR}.get(kind)
            ends = None if begins is None else begins + datetime.timedelta(days=9)
            issued = authority.issue_cert(named, not_before=begins, not_after=ends)
            chain = b"".join(one.bytes() for one in issued.cert_chain_pems)
            key = issued.private_key_pem.bytes()
        files = Files(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
        files.certificate.write_bytes(chain)
        files.key.write_bytes(key)
        authority.cert_pem.write_to_path(str(files.authority))
        return files

    return make


def failures(url: str, cacert: Path | None = None, token: str | None = None) -> list[str]:
    """What a stream and a request say, each a line."""

    async def greet() -> None:
        async with connect(url, cacert=cacert, token=token):
            pass

    said: list[str] = []
    for attempt in (
        lambda: asyncio.run(asyncio.wait_for(greet(), 60)),
        lambda: Site.at(url, token, cacert).get("/metrics"),
    ):
        with pytest.raises(ConnectionFailed) as failed:
            attempt()
        said.append(str(failed.value))
    assert all("\n" not in line for line in said)
    return said


@pytest.mark.parametrize(
    ("kind", "trusted", "says"),
    [
        ("good", False, r"was issued by an authority that this machine does not know: .* --cacert"),
        ("self-signed", False, "is self-signed: .* --cacert"),
        ("name", True, "is for another (name|address): use a server name"),
        ("expired", True, "has expired: the server's operator has to renew it"),
        ("early", True, "is not valid yet: is this machine's clock right"),
    ],
)
def test_a_certificate_is_called_what_it_is(
    engine: Engine, made: Callable[[str], Files], kind: str, *, trusted: bool, says: str
) -> None:
    files = made(kind)
    with serving(engine, tls=(files.certificate, files.key)) as running:
        url = f"https://{running.address}"
        for line in failures(url, files.authority if trusted else None):
            assert line.startswith(("the certificate of https://", "the certificate of wss://"))
            assert re.search(says, line), line


def test_with_the_authority_all_of_it_works(engine: Engine, made: Callable[[str], Files]) -> None:
    files = made("good")
    with serving(engine, late_s=600.0, tls=(files.certificate, files.key)) as running:
        url = f"https://{running.address}"
        assert "sentivox_streams" in Site.at(url, cacert=files.authority).get("/metrics")
        events = stream_file(CALL, url, fast=True, modalities=["audio"], cacert=files.authority)
        assert next(events).type == "Begin"
        events.close()
        cacert = ("--cacert", str(files.authority))
        done = sentivox("top", "--url", url, "--once", "--json", *cacert)
        assert json.loads(done.stdout)["status"] == "ready"
        done = sentivox("listen", "--url", url, "--file", str(CALL), "--fast", "-q",
                        "--modalities", "audio", *cacert)  # fmt: skip
        assert done.returncode == 0, done.stderr


def sentivox(*args: str, token: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sentivox", *args]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SENTIVOX_TOKEN": token}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def test_no_tls_where_it_is_wanted_is_said(engine: Engine, made: Callable[[str], Files]) -> None:
    files = made("good")
    with serving(engine, tls=(files.certificate, files.key)) as running:
        for line in failures(f"http://{running.address}"):
            assert "requires TLS: use " in line, line
            assert f"s://{running.address}" in line


def test_tls_where_there_is_none_is_said(server: Running) -> None:
    for line in failures(f"https://{server.address}"):
        assert "does not use TLS: use " in line, line
        assert f"://{server.address}" in line.partition("TLS: use ")[2]


def test_another_servers_pages_are_no_server_of_ours() -> None:
    with somebody() as url:
        stream, request = failures(url)
    assert stream.endswith("answers 404: is it a Sentivox server?")
    assert request.endswith("/metrics answers 404: is it a Sentivox server?")


def test_who_says_nothing_that_makes_sense_is_no_server_of_ours() -> None:
    with chatter(b"SSH-2.0-OpenSSH_9.2p1\r\n") as url:
        for line in failures(url):
            assert "does not speak the protocol" in line
            assert "is it a Sentivox server?" in line


def test_an_authority_made_at_home_need_not_be_of_perfect_form(
    made: Callable[[str], Files],
) -> None:
    own = trust("wss://host", made("good").authority)
    assert own is not None
    assert not own.verify_flags & ssl.VERIFY_X509_STRICT
    assert own.verify_mode is ssl.CERT_REQUIRED
    assert own.check_hostname


@pytest.mark.parametrize("text", ["nothing", None, ""])
def test_a_file_that_holds_no_certificate_is_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConnectionFailed, match=r"ca\.pem cannot be used: ") as failed:
        trust("wss://host", path)
    assert "\n" not in str(failed.value)


def test_a_certificate_for_no_tls_is_refused(tmp_path: Path) -> None:
    for url in ("127.0.0.1:1", "ws://127.0.0.1:1", "http://127.0.0.1:1"):
        for line in failures(url, tmp_path / "ca.pem"):
            assert "no certificate for --cacert to check: use" in line


def test_a_token_that_is_missing_or_wrong_names_its_variable(engine: Engine) -> None:
    with serving(engine, keyring=Keyring.of([TOKEN])) as running:
        for line in failures(running.http):
            assert "requires a token: set SENTIVOX_TOKEN" in line
        for line in failures(running.http, token="of somebody else entirely"):
            assert "rejected this token: check SENTIVOX_TOKEN" in line
        wanted = {"": "requires a token: set SENTIVOX_TOKEN", "x" * 30: "check SENTIVOX_TOKEN"}
        for token, says in wanted.items():
            for command in (
                ["listen", "--file", str(CALL)],
                ["top", "--once"],
                ["load", "--streams", "1", "--seconds", "5"],
            ):
                done = sentivox(*command, "--url", running.http, token=token)
                assert done.returncode == 1
                assert says in done.stderr
                assert done.stderr.count("\n") == 1, done.stderr


def test_a_token_with_a_line_break_is_taken_and_one_of_another_kind_is_refused(
    engine: Engine,
) -> None:
    with serving(engine, keyring=Keyring.of([TOKEN])) as running:
        assert Site.at(running.http, f"{TOKEN}\n").get("/v1/models")
        for token in ("ä" * 30, "a\nb" * 10, "\x00" * 30):
            for line in failures(running.http, token=token):
                assert "contains characters that no token has" in line
                assert token not in line


@contextmanager
def somebody() -> Generator[str]:
    """A web server that knows nothing of us."""

    class Nothing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with http.server.HTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def chatter(said: bytes) -> Generator[str]:
    """A server that says this to everybody, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(said)
                    caller.recv(4096)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine) as running:
        yield running
