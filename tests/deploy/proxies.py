"""Commands that run the proxies' files of `deploy/proxy` on ports of this machine."""

import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sentivox.server.run import bind
from tests.deploy.programs import program
from tests.server.serving import wait_for

PROXIES = Path(__file__).parents[2] / "deploy/proxy"
NAME = "voice.example"

Proxy = Callable[[int, str, Path], list[str]]
"""The command for a port, a server's address, and a folder with certificate and key."""


def nginx(port: int, backend: str, folder: Path) -> list[str]:
    """nginx.conf, with TLS."""
    site = (PROXIES / "nginx.conf").read_text(encoding="utf-8")
    site = site[: site.index("server {")] + site[site.index("server {\n    listen 443") :]
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8000", backend)
    return _nginx(site.replace(f"/etc/ssl/{NAME}", str(folder)), folder)


def nginx_that_strips(port: int, backend: str, folder: Path) -> list[str]:
    """nginx-subpath.conf, without TLS, at /sentivox/, of which the server hears nothing."""
    return _nginx_subpath(port, backend, folder, strips=True)


def nginx_that_passes_on(port: int, backend: str, folder: Path) -> list[str]:
    """The same, but the server is asked for /sentivox/…"""
    return _nginx_subpath(port, backend, folder, strips=False)


def _nginx_subpath(port: int, backend: str, folder: Path, *, strips: bool) -> list[str]:
    whole = (PROXIES / "nginx.conf").read_text(encoding="utf-8")
    location = (PROXIES / "nginx-subpath.conf").read_text(encoding="utf-8")
    there = "http://127.0.0.1:8000/;"
    assert there in location
    location = location.replace(there, f"http://{backend}{'/' if strips else ''};")
    site = (
        f"{whole[: whole.index('server {')]}\nserver {{ listen 127.0.0.1:{port};\n"
        f"location / {{ return 404; }}\n{location}}}\n"
    )
    return _nginx(site, folder)


def _nginx(site: str, folder: Path) -> list[str]:
    found = program("nginx")
    whole = (
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;\n"
        "events {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body;"
        f" proxy_temp_path {folder}/proxy;\n{site}}}\n"
    )
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    return [found, "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def caddy(port: int, backend: str, folder: Path) -> list[str]:
    """Caddyfile, with TLS."""
    site = (PROXIES / "Caddyfile").read_text(encoding="utf-8").replace("127.0.0.1:8000", backend)
    here = f"https://{NAME}:{port} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem\n"
    return _caddy(site.replace(f"{NAME} {{\n", here), folder)


def caddy_subpath(port: int, backend: str, folder: Path) -> list[str]:
    """Caddyfile-subpath, without TLS, at /sentivox/."""
    site = (PROXIES / "Caddyfile-subpath").read_text(encoding="utf-8")
    site = site.replace("127.0.0.1:8000", backend)
    return _caddy(site.replace(f"{NAME} {{\n", f"http://127.0.0.1:{port} {{\n"), folder)


def _caddy(site: str, folder: Path) -> list[str]:
    found = program("caddy")
    whole = "{\n\tadmin off\n\tauto_https off\n}\n" + site
    (folder / "Caddyfile").write_text(whole, encoding="utf-8")
    return [found, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def free_port() -> int:
    with bind("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Generator[None]:
    """A proxy that listens, and is stopped at the end."""
    with (folder / "log").open("wb") as sink:
        proxy = subprocess.Popen(command, stdout=sink, stderr=sink, env={"HOME": str(folder)})
    try:
        wait_for(lambda: proxy.poll() is not None or _answers(port))
        assert proxy.poll() is None, (folder / "log").read_text()
        yield
    finally:
        proxy.terminate()
        proxy.wait(30)


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        pass
    return True
