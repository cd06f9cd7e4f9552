"""Answers requests for a Summary, at a limited share of the event loop's time."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

INVERSE_SHARE: Final = 20
"""Summaries take at most one part in this many of the time.

A summary of 8000 utterances takes 50 ms, during which no other stream is served.
"""


class Summaries:
    """Answers requests for a summary; requests that come before the next is due share one answer.

    Args:
        put: Builds a summary and sends it.
    """

    def __init__(self, put: Callable[[], None]) -> None:
        self._put = put
        self._due: asyncio.TimerHandle | None = None
        self._next = 0.0

    def ask(self) -> None:
        """Request a summary: it is sent at once, or when the next is due."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait = self._next - loop.time()
            if wait > 0:
                self._due = loop.call_later(wait, self._answer)
            else:
                self._answer()

    def stop(self) -> None:
        """Cancel a pending summary."""
        if self._due is not None:
            self._due.cancel()

    def _answer(self) -> None:
        self._due = None
        began = time.thread_time()
        self._put()
        took = time.thread_time() - began
        self._next = asyncio.get_running_loop().time() + INVERSE_SHARE * took
