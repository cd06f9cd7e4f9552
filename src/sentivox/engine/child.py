"""What a process of ours does as it starts, so that it never outlives or outranks its parent."""

import ctypes
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from sentivox.engine.wire import Wire

_PR_SET_PDEATHSIG: Final = 1
_MAX_REASON: Final = 160
_OOM: Final = Path("/proc/self/oom_score_adj")
_OOM_FIRST: Final = "500"


def begin() -> Wire:
    """Settle in as a child: leave signals to the parent, die with it, and talk to it alone.

    Returns:
        The connection to the parent, which standard input and output were until now.
    """
    # Ctrl-C and a service manager's SIGTERM go to the whole process group; the parent decides
    # when a child ends, so that what it is working on then is not lost.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with_parent()
    _die_before_parent()
    return _take_over_stdio()


def one_line(error: Exception) -> str:
    """What went wrong, short enough for an answer or a log."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 1] + "…"


def _take_over_stdio() -> Wire:
    """The socket, moved out of reach: native libraries write to descriptor 1 as they please."""
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return Wire(sock)


def _die_with_parent() -> None:
    """Ask Linux to kill us with our parent, even while native code keeps us from noticing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_before_parent() -> None:
    """Have Linux take us when memory runs out, at the cost of what we are working on.

    With the parent every stream would go.
    """
    with suppress(OSError):
        _OOM.write_text(_OOM_FIRST)
