"""The pages behind a proxy that offers the server under a sub-path, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.deploy.proxies import (
    Proxy,
    free_port,
    nginx_that_passes_on,
    nginx_that_strips,
    running,
)
from tests.server.serving import serving

TOKEN = new_token()
SIZES = {"phone": (390, 1400), "tablet": (820, 1400), "desktop": (1440, 1400)}


@pytest.fixture(params=[nginx_that_strips, nginx_that_passes_on], ids=["stripped", "passed-on"])
def address(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Iterator[str]:
    """Of the page, through the proxy; the server wants a token."""
    proxy: Proxy = request.param
    port = free_port()
    keyring = Keyring.of([TOKEN])
    with serving(
        engine, late_s=600.0, sample=CALL, root_path="/sentivox", keyring=keyring
    ) as server:
        command = proxy(port, server.address, tmp_path)
        with running(command, port, tmp_path):
            yield f"http://127.0.0.1:{port}/sentivox"


def enter(tab: Tab, address: str) -> None:
    """Open the page and show the token."""
    tab.open(address)
    tab.until(lambda: tab.find("#access").is_displayed(), "asks")
    tab.find("#token").send_keys(f"{TOKEN}\n")
    tab.arrive("ready")
    odd = [line for line in tab.complaints() if "401" not in line]  # how it learns of tokens
    assert odd == []


def heard(tab: Tab, count: int) -> None:
    """Wait until a recording is through and has so many utterances."""
    over = "return document.title === 'Sentivox'"  # from the click on, it has a dot before
    tab.until(lambda: tab.js(over) and len(tab.words) == count, f"{count} utterances")


def fits(tab: Tab, css: str) -> bool:
    """Whether all of these lie within the card that they are in, from left to right."""
    script = """
        return [...document.querySelectorAll(arguments[0])].every((node) =>
          node.getBoundingClientRect().right <= node.closest(".card").getBoundingClientRect().right)
        """
    return tab.js(script, css)


def test_the_page_works_under_it(
    address: str, browser: Open, voice: tuple[str, ...], clip: bytes, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    with browser(*voice) as tab:
        enter(tab, address)  # without its last slash
        assert tab.driver.current_url == f"{address}/"
        tab.agree()
        tab.arrive("listening")
        tab.until(lambda: tab.words, "words")  # the worklet hears, the socket is found
        tab.click("#stop")
        tab.arrive("done")
        tab.click("#fast")
        tab.click("#sample")
        heard(tab, 10)
        tab.drawn()
        for size, (width, height) in SIZES.items():
            tab.show(width, height)
            tab.until(lambda: fits(tab, "#chart svg"), "the chart follows")
            tab.picture(f"subpath-{name}-{size}")
            assert tab.js("return document.documentElement.scrollWidth") <= width
            assert fits(tab, ".card *:not(svg *)")
        tab.drop("clip.wav", clip)
        heard(tab, 2)
        assert tab.complaints() == []


def test_the_documents_are_found_and_name_it(
    address: str, browser: Open, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    with browser() as tab:
        enter(tab, f"{address}/")
        tab.click("header nav a")
        tab.until(lambda: "POST /sentivox/v1/analyze" in tab.texts("#operations h3"), "operations")
        assert "/sentivox/v1/stream" in tab.text("h2")
        examples = "\n".join(tab.texts("pre"))
        assert f"{address}/v1/analyze" in examples
        assert f"{address.replace('http', 'ws')}/v1/stream" in examples
        for size, (width, height) in SIZES.items():
            tab.show(width, height)
            tab.picture(f"subpath-{name}-docs-{size}")
            assert tab.js("return document.documentElement.scrollWidth") <= width
        tab.click("a[href='docs/protocol']")
        tab.until(lambda: tab.text("#address") == "/sentivox/v1/stream", "protocol")
        for size, (width, height) in SIZES.items():
            tab.show(width, height)
            tab.picture(f"subpath-{name}-protocol-{size}")
            assert tab.js("return document.documentElement.scrollWidth") <= width
        tab.click("header nav a")
        tab.click("header nav a")
        tab.arrive("ready")
        assert tab.driver.current_url == f"{address}/"
        assert tab.complaints() == []


def test_it_is_installed_as_the_page_below_the_path(address: str, browser: Open) -> None:
    with browser() as tab:
        enter(tab, address)
        found = tab.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})
        assert found == {"installabilityErrors": []}
        manifest = tab.driver.execute_cdp_cmd("Page.getAppManifest", {})["manifest"]
        assert (manifest["startUrl"], manifest["scope"]) == (f"{address}/", f"{address}/")
        scope = tab.module("return (await navigator.serviceWorker.ready).scope")
        assert scope == f"{address}/"


def test_other_pages_give_the_module_the_servers_address(address: str, browser: Open) -> None:
    with browser() as tab:
        tab.open(f"{address}/docs")
        for url in (address, f"{address}/", f"{address}/v1/stream#x", f"{address}/ws/analyze?a=b"):
            begun = tab.module(
                """
                const { Stream } = await load("sentivox");
                const stream = new Stream(given[0], { token: given[1] });
                const begin = await stream.open();
                await stream.close();
                return begin.protocol;
                """,
                url,
                TOKEN,
            )
            assert begun == "1.0", url
