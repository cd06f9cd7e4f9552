"""The proxies' files, in front of a real server, with TLS and a stream through them."""

import socket
import ssl
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from sentivox.engine.engine import Engine
from sentivox.server.auth import Keyring, new_token
from sentivox.server.run import bind
from tests.deploy.programs import program
from tests.server.serving import Caller, call_audio, kinds, serving, wait_for

PROXIES = Path(__file__).parents[2] / "deploy/proxy"
NAME = "voice.example"
TOKEN = new_token()


def free_port() -> int:
    with bind("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


def nginx(port: int, backend: str, folder: Path) -> list[str]:
    """The command that runs our file with these ports and certificates."""
    site = (PROXIES / "nginx.conf").read_text(encoding="utf-8")
    site = site[: site.index("server {")] + site[site.index("server {\n    listen 443") :]
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8000", backend)
    site = site.replace(f"/etc/ssl/{NAME}", str(folder))
    whole = (
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;\n"
        "events {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body;"
        f" proxy_temp_path {folder}/proxy;\n{site}}}\n"
    )
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    return [program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def caddy(port: int, backend: str, folder: Path) -> list[str]:
    """The command that runs our file with these ports and certificates."""
    site = (PROXIES / "Caddyfile").read_text(encoding="utf-8").replace("127.0.0.1:8000", backend)
    here = f"https://{NAME}:{port} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem\n"
    whole = "{\n\tadmin off\n\tauto_https off\n}\n" + site.replace(f"{NAME} {{\n", here)
    (folder / "Caddyfile").write_text(whole, encoding="utf-8")
    config = str(folder / "Caddyfile")
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", config]


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Generator[None]:
    with (folder / "log").open("wb") as sink:
        proxy = subprocess.Popen(command, stdout=sink, stderr=sink, env={"HOME": str(folder)})
    try:
        wait_for(lambda: proxy.poll() is not None or answers(port))
        assert proxy.poll() is None, (folder / "log").read_text()
        yield
    finally:
        proxy.terminate()
        proxy.wait(30)


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        pass
    return True


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_a_stream_passes_with_tls_and_token(
    proxy: Callable[[int, str, Path], list[str]], engine: Engine, tmp_path: Path
) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    (tmp_path / "fullchain.pem").write_bytes(b"".join(p.bytes() for p in issued.cert_chain_pems))
    (tmp_path / "privkey.pem").write_bytes(issued.private_key_pem.bytes())
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    hosts: dict[str, Any] = {"allowed_hosts": (NAME,), "allowed_origins": (f"https://{NAME}",)}
    port = free_port()
    with serving(engine, keyring=Keyring.of([TOKEN]), late_s=600.0, **hosts) as server:
        command = proxy(port, server.address, tmp_path)
        with running(command, port, tmp_path):
            bearer = {"Authorization": f"Bearer {TOKEN}", "Origin": f"https://{NAME}"}
            url = f"wss://{NAME}:{port}/v1/stream"
            with Caller(
                url, bearer, ssl=trust, sock=socket.create_connection(("127.0.0.1", port))
            ) as caller:
                heard = kinds(caller.finish(call_audio(3.0, 6.45)))
            assert heard[0] == "Begin"
            assert heard[-3:] == ["Utterance", "Summary", "Termination"]
