"""File descriptors: raise their limit, derive the maximum of connections, log a shortage."""

import asyncio
import errno
import logging
import resource
import time
from contextlib import suppress
from typing import Any, Final

from sentivox.sinks.log import log

EVERY_S: Final = 60.0
"""Minimum seconds between two log lines about a shortage."""

RESERVE: Final = 128
"""Descriptors kept for recognisers, uploads, the log and libraries; at most half of all."""

_MOST: Final = 1 << 20
"""Highest soft limit to set, and the one assumed if there is none."""

_SHORTAGES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors that mean a lack of descriptors, or of memory for sockets."""


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard limit; the usual 1024 only suits select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than their hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """The number of connections that still leaves `RESERVE` descriptors for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = _MOST if soft == resource.RLIM_INFINITY else soft
    return soft - min(soft // 2, RESERVE)


class ShortageHandler:
    """Event-loop exception handler that logs a lack of file descriptors at most once a minute.

    A loop that cannot accept a connection retries continually and would log a traceback each time.
    """

    def __init__(self) -> None:
        self._logged: float | None = None
        self._times = 0

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle one exception; the signature is that of `loop.set_exception_handler`."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _SHORTAGES:
            loop.default_exception_handler(context)
            return
        self._times += 1
        now = time.monotonic()
        if self._logged is None or now - self._logged >= EVERY_S:
            log("no_descriptors", level=logging.ERROR, error=error.strerror, times=self._times,
                remedy="raise the limit of open files (ulimit -n)")  # fmt: skip
            self._logged, self._times = now, 0
