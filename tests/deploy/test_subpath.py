"""A server under a sub-path, behind proxies that strip it and one that passes it on."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from click.testing import CliRunner

from sentivox.cli.commands.top import command as top
from sentivox.client import connect
from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.deploy.proxies import (
    Proxy,
    caddy_subpath,
    free_port,
    nginx_that_passes_on,
    nginx_that_strips,
    running,
)
from tests.server.crawl import crawl
from tests.server.serving import serving

ROOT = "/sentivox"


@pytest.fixture(params=[nginx_that_strips, nginx_that_passes_on, caddy_subpath])
def outside(
    request: pytest.FixtureRequest, engine: Engine, tmp_path: Path
) -> Iterator[httpx.Client]:
    """Requests to the proxy."""
    proxy: Proxy = request.param
    port = free_port()
    with serving(engine, late_s=600.0, sample=CALL, root_path=ROOT) as server:
        command = proxy(port, server.address, tmp_path)
        with (
            running(command, port, tmp_path),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
        ):
            yield http


def test_the_pages_are_whole_and_link_to_each_other(outside: httpx.Client) -> None:
    seen = crawl(outside, f"{ROOT}/")
    assert all(path.startswith(f"{ROOT}/") for path in seen)
    wanted = ("", "docs", "docs/protocol", "static/capture.js", "openapi.json", "asyncapi.json")
    assert {f"{ROOT}/{path}" for path in wanted} <= seen
    assert outside.head(f"{ROOT}/sample").status_code == 200


@pytest.mark.parametrize(("path", "there"), [("", "/"), ("/docs/?a=b", "/docs?a=b")])
def test_redirects_stay_under_it(outside: httpx.Client, path: str, there: str) -> None:
    answer = outside.get(ROOT + path)
    assert answer.is_redirect
    assert urljoin(str(answer.url), answer.headers["Location"]) == str(
        answer.url.join(ROOT + there)
    )
    assert outside.get(ROOT + path, follow_redirects=True).status_code == 200


def test_the_descriptions_name_it(outside: httpx.Client) -> None:
    described = outside.get(f"{ROOT}/openapi.json").json()
    assert described["servers"] == [{"url": ROOT}]
    (here,) = outside.get(f"{ROOT}/asyncapi.json").json()["servers"].values()
    assert (here["pathname"], here["protocol"]) == (ROOT, "ws")
    assert here["host"] == outside.base_url.netloc.decode()
    problem = outside.get(f"{ROOT}/nowhere").json()["detail"]
    assert f"{ROOT}/docs" in problem


def test_our_clients_take_its_address(outside: httpx.Client) -> None:
    async def greet(url: str) -> str:
        async with connect(url) as stream:
            return stream.begin.protocol

    url = f"{outside.base_url}".rstrip("/") + ROOT
    for form in (url, f"{url}/", f"{url.replace('http', 'ws')}/v1/stream", f"{url}/ws/analyze?x=1"):
        assert asyncio.run(greet(form)) == "1.0"
        done = CliRunner().invoke(top, ["--url", form, "--once", "--json"])
        assert json.loads(done.output)["status"] == "ready", form
