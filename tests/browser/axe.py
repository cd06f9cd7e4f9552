"""axe-core, which finds faults of accessibility, fetched for the tests."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.browser.chromium import Tab

AXE = "axe-playwright-python==0.1.8"
"""Carries axe-core, the script; the rest of it is not used, and so it is not installed."""


def fetched(folder: Path) -> str:
    """axe-core, as a script."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*fetch, AXE], capture_output=True, check=False, timeout=120)
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        pytest.skip(f"axe-core could not be fetched: {done.stderr.decode()[-200:]}")
    with zipfile.ZipFile(io.BytesIO(wheel.read_bytes())) as archive:
        return archive.read("axe_playwright_python/axe.min.js").decode()


def faults(tab: Tab, axe: str) -> list[str]:
    """What axe finds that is serious: rule, and where."""
    tab.js(axe)
    found = tab.driver.execute_async_script(
        "axe.run(document).then(({ violations }) => arguments[0](violations))"
    )
    return [
        f"{fault['id']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]
