"""Take the pictures of the live page in docs/images: `python -m scripts.picture_page`.

The sample call is played in real time. Run this on a quiet machine, because the pictures show the
latencies.
"""

import time
from pathlib import Path

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.browser.chromium import chromium
from tests.server.serving import serving

IMAGES = Path(__file__).parents[1] / "docs" / "images"
HEARD_S = 27.5
"""Seconds into the call at which the picture is taken: most of it is over, and somebody speaks."""


def main() -> None:
    """Take one picture in English with the light theme and one in Chinese with the dark theme."""
    with Engine.load("embedded") as engine, serving(engine, sample=CALL) as running:
        for name, language, theme in (
            ("live", "en-US,en", "light"),
            ("live-dark-zh", "zh-CN,zh", "dark"),
        ):
            with chromium(IMAGES, language=language) as tab:
                tab.show(1280, 1240, theme)
                tab.open(f"{running.http}/#sample")
                tab.arrive("listening")
                time.sleep(HEARD_S)
                print(tab.picture(name))


if __name__ == "__main__":
    main()
