"""The live page as an installed app, and without its server."""

import json
from typing import Any
from urllib.parse import urlsplit

from sentivox.engine.engine import Engine
from tests.browser.chromium import Tab
from tests.browser.conftest import Open
from tests.server.serving import Running, serving


def ask(tab: Tab, method: str) -> dict[str, Any]:
    """An answer of the browser itself."""
    return tab.driver.execute_cdp_cmd(method, {})


def steered(tab: Tab) -> None:
    """Wait until the service worker has the page, and open that once more, so that it keeps it."""
    has = "return navigator.serviceWorker.controller !== null"
    tab.until(lambda: tab.js(has), "service worker")
    tab.open(tab.driver.current_url)
    tab.arrive("ready")


def kept(tab: Tab) -> set[str]:
    """The paths that are kept, below the page."""
    addresses = tab.module(
        """
        const requests = await Promise.all((await caches.keys()).map(async (name) =>
          (await caches.open(name)).keys()));
        return requests.flat().map(({ url }) => url);
        """
    )
    root = urlsplit(tab.module("return (await load('dom')).ROOT.href")).path
    return {urlsplit(address).path.removeprefix(root) for address in addresses}


def test_it_can_be_installed(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        assert ask(tab, "Page.getInstallabilityErrors") == {"installabilityErrors": []}
        found = ask(tab, "Page.getAppManifest")
        assert found["errors"] == []
        manifest = json.loads(found["data"])
        for icon in manifest["icons"]:
            size = tab.module(
                """
                const image = new Image();
                image.src = new URL(given[0], (await load("dom")).ROOT);
                await image.decode();
                return `${image.naturalWidth}x${image.naturalHeight}`;
                """,
                icon["src"],
            )
            assert icon["sizes"] in {size, "any"}
        assert tab.complaints() == []


def test_it_opens_without_its_server_and_keeps_no_results(
    engine: Engine, browser: Open, clip: bytes
) -> None:
    with browser() as tab:
        with serving(engine, late_s=600.0) as running:
            tab.open(running.http)
            tab.arrive("ready")
            steered(tab)
            tab.click("#fast")
            tab.drop("clip.wav", clip)
            tab.until(lambda: tab.words, "words")
            tab.arrive("done")
            tab.drawn()
            tab.click("#utterances summary")
            tab.until(lambda: tab.texts(".effect"), "an answer of the API")
            held = kept(tab)
            port = int(running.address.rpartition(":")[2])
        assert {"", "static/app.js", "static/words.js", "static/live.css"} <= held
        others = {path for path in held if not path.startswith("static/")}
        assert others <= {""}
        tab.open(f"{running.http}/?names=Li")
        tab.arrive("noServer")
        assert "does not answer" in tab.text("#status")
        assert tab.find("#microphone").is_displayed()
        with serving(engine, port=port):
            tab.arrive("ready")


def test_a_changed_file_is_shown_at_once(site: Running, browser: Open) -> None:
    """The network comes first: what was kept is only for when it is away."""
    with browser() as tab:
        tab.open(site.http)
        tab.arrive("ready")
        steered(tab)
        tab.module(
            """
            const [name] = await caches.keys();
            const old = new Response("throw new Error('old')", { headers: { "Content-Type": "text/javascript" } });
            await (await caches.open(name)).put(new URL("static/app.js", (await load("dom")).ROOT), old);
            """  # noqa: E501
        )
        tab.open(tab.driver.current_url)
        tab.arrive("ready")
        assert tab.complaints() == []
