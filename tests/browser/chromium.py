"""Debian's Chromium, driven by Selenium, as a visitor would."""

import json
import os
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-precise-memory-info",
)


def missing() -> str | None:
    """What a run of Chromium lacks here, or None."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"no {program}: apt-get install chromium chromium-driver"
    return None


class Tab:
    """A page in a browser of its own, and what a visitor sees and does there."""

    def __init__(self, driver: Chrome, pictures: Path) -> None:
        self.driver = driver
        self._pictures = pictures

    def open(self, address: str) -> None:
        """Load the live page of this server."""
        self.driver.get(address)

    def find(self, css: str) -> WebElement:
        """The first element."""
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """What the first element says."""
        return str(self.find(css).get_property("textContent")).strip()

    def texts(self, css: str) -> list[str]:
        """What all of them say, from top to bottom."""
        return self.js(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css
        )

    def click(self, css: str) -> None:
        """As soon as it can be clicked."""
        element = self.until(lambda: next(iter(self._clickable(css)), None), css)
        element.click()

    def _clickable(self, css: str) -> list[WebElement]:
        found = self.driver.find_elements(By.CSS_SELECTOR, css)
        return [one for one in found if one.is_displayed() and one.is_enabled()]

    def js(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def module(self, body: str, *arguments: object) -> Any:
        """What an async function's body returns; `load(name)` imports a module of the page."""
        script = """
            const [given, done] = [[...arguments].slice(0, -1), [...arguments].at(-1)];
            const here = document.querySelector("script[type=module]").src;
            const load = (name) => import(new URL(`${name}.js`, here));
            (async (load, given) => { %s })(load, given)
              .then((value) => done([value ?? null]), (error) => done(String(error.stack)));
        """
        answer = self.driver.execute_async_script(script % body, *arguments)
        assert isinstance(answer, list), answer
        return answer[0]

    def until(self, seen: Callable[[], T | None], what: str, timeout_s: float = 300.0) -> T:
        """Wait until something is there."""
        until = time.monotonic() + timeout_s
        while not (found := seen()):
            assert time.monotonic() < until, f"{what}: did not happen; status {self.status!r}"
            time.sleep(0.05)
        return found

    @property
    def status(self) -> str:
        """The connection's state: ready, listening, waiting …"""
        return self.js("return document.getElementById('status').dataset.state")

    @property
    def notice(self) -> str:
        """The message that says what is wrong; empty where nothing is."""
        return (
            ""
            if self.js("return document.getElementById('notice').hidden")
            else self.text("#notice p")
        )

    @property
    def words(self) -> list[str]:
        """Transcripts of the utterances, in the order of time."""
        return self.texts("#utterances .words")[::-1]

    def arrive(self, state: str) -> None:
        """Wait for a state."""
        self.until(lambda: self.status == state, state)

    def agree(self) -> None:
        """Open the microphone and say yes to what is asked."""
        self.click("#microphone")
        self.click("#consent button[value=yes]")

    def drop(self, name: str, data: bytes) -> None:
        """Let a file fall on the page."""
        self.js(
            """
            const [name, bytes] = arguments;
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            document.body.dispatchEvent(
              new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
            """,
            name,
            list(data),
        )

    def drawn(self) -> None:
        """Wait until the chart shows all there is."""
        state = "const { page } = await load('app'); return !page.dirty"
        self.until(lambda: self.module(state), "chart")

    def show(self, width: int, height: int, theme: str = "light") -> None:
        """A window of this size, on a system of this theme."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def picture(self, name: str) -> Path:
        """Keep a picture of what is shown."""
        path = self._pictures / f"{name}.png"
        self.driver.save_screenshot(str(path))
        return path

    def keep(self, name: str, figures: object) -> None:
        """Keep figures beside the pictures."""
        (self._pictures / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")

    def complaints(self) -> list[str]:
        """What the browser's console has complained about since the last call."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")
        return [e["message"] for e in entries]


@contextmanager
def chromium(
    pictures: Path, *flags: str, language: str = "en-US,en", microphone: int = 0
) -> Generator[Tab]:
    """A browser that is gone afterwards.

    Args:
        pictures: Folder for its screenshots.
        flags: More of Chromium's own.
        language: What it asks pages for.
        microphone: What it does when a page asks for it: 0 the visitor decides, 2 it refuses.
    """
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    prefs: dict[str, object] = {"intl.accept_languages": language}
    if microphone:
        prefs["profile.default_content_setting_values.media_stream_mic"] = microphone
    options.add_experimental_option("prefs", prefs)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(120)
        yield Tab(driver, pictures)
    finally:
        driver.quit()


def picture_folder(otherwise: Path) -> Path:
    """Where pictures go: SENTIVOX_SCREENSHOTS, for CI to keep them, or a folder of the test."""
    folder = Path(os.environ.get("SENTIVOX_SCREENSHOTS", otherwise))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
