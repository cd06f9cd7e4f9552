"""Start-up of a child process: signals, lifetime and the connection to its parent."""

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
_MAX_REASON: Final = 160  # most characters of an error message
_OOM: Final = Path("/proc/self/oom_score_adj")
_OOM_FIRST: Final = "500"  # of 1000: killed well before processes at the default, 0


def set_up_child() -> Wire:
    """Set this process up as a child of Sentivox.

    It ignores SIGINT and SIGTERM, is killed when its parent ends (on Linux), is preferred by the
    out-of-memory killer, and no longer uses the socket as its standard input and output.

    Returns:
        The connection to the parent, over the socket that was standard input and output.
    """
    # Ctrl-C and a service manager's SIGTERM go to the whole process group. The parent decides when
    # a child ends, so that the job in progress is not lost.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with_parent()
    _die_before_parent()
    return _take_over_stdio()


def error_line(error: Exception) -> str:
    """An error message on one line, cut to _MAX_REASON characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 1] + "…"


def _take_over_stdio() -> Wire:
    """Move the socket to another descriptor, because native libraries may write to descriptor 1."""
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return Wire(sock)


def _die_with_parent() -> None:
    """Have Linux kill this process when its parent ends, even while it runs native code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_before_parent() -> None:
    """Have Linux kill this process first when memory runs out.

    That costs one job, while the end of the parent would end every stream.
    """
    with suppress(OSError):
        _OOM.write_text(_OOM_FIRST)
