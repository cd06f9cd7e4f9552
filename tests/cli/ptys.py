"""A terminal of a given size, and what a command shows there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

SENTIVOX = [sys.executable, "-m", "sentivox"]

OWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""What rich sends to colour, to move and to hide the cursor."""


def on_a_terminal(
    *args: str | Path,
    columns: int = 120,
    env: Mapping[str, str] | None = None,
    aside: bool = False,
) -> str:
    """What a command sends to a terminal that is its stdout and, unless `aside`, its stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [*SENTIVOX, *map(str, args)],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL if aside else theirs,
        env=environment | {"TERM": "xterm"} | dict(env or {}),
    )
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:  # how Linux says that the other side has been closed
        pass
    process.wait(120)
    os.close(ours)
    return said.decode()
