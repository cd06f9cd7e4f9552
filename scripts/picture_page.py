"""Takes the pictures of the live page in docs/images, by `python -m scripts.picture_page`.

In real time, while the sample call is heard; on a quiet machine, as its latencies can be read.
"""

import time
from pathlib import Path

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.browser.chromium import chromium
from tests.server.serving import serving

IMAGES = Path(__file__).parents[1] / "docs" / "images"
HEARD_S = 27.5
"""By then most of the call is said, and the last speaker speaks."""


def main() -> None:
    """Once in English and light, once in Chinese and dark."""
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
