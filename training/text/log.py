"""A logger that writes to stderr and to a file."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

Say = Callable[[str], None]


def logger(path: Path) -> Say:
    """Return a function that prints a line on stderr and appends it, with the time, to a file."""

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        with path.open("a", encoding="utf-8") as lines:
            print(time.strftime("%H:%M:%S"), line, file=lines)

    return say
