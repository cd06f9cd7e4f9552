"""How many connections the process can hold, and what happens where it can hold no more."""

import asyncio
import errno
import logging
import resource
import time
from contextlib import suppress
from typing import Any, Final

from sentivox.sinks.log import log

EVERY_S: Final = 60.0
"""A shortage is logged no more often."""

RESERVE: Final = 128
"""Descriptors for recognisers, uploads, log and libraries; of few, half of them."""

_MOST: Final = 1 << 20
_SHORTAGES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def raise_limit() -> None:
    """Allow as many descriptors as may be allowed; the usual 1024 is meant for select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many connections leave enough descriptors for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = _MOST if soft == resource.RLIM_INFINITY else soft
    return soft - min(soft // 2, RESERVE)


class Shortage:
    """Handles what an event loop reports: a lack of descriptors in one line a minute.

    A loop that cannot accept tries again and again, and would log a traceback each time.
    """

    def __init__(self) -> None:
        self._logged: float | None = None
        self._times = 0

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take a report, as `loop.set_exception_handler` wants it."""
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
