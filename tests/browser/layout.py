"""Whether what a page shows holds together: nothing lies over anything else or sticks out."""

from pathlib import Path
from typing import Final

from tests.browser.chromium import Tab

WIDTHS: Final = (320, 390, 768, 900, 1024, 1280, 1920)
"""Widths of windows, in pixels, at which the pages must hold."""

LONG: Final = "W" * 80
"""A name that nothing breaks."""

FAULTS: Final = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")


def faults(tab: Tab, width: int, height: int = 1000, theme: str = "light") -> list[str]:
    """What does not hold in a window of this size: boxes that overlap, stick out or are cut off."""
    tab.show(width, height, theme)
    tab.until(lambda: tab.js("return innerWidth") == width, f"{width} px")
    return tab.js(FAULTS)
