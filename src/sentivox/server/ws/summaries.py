"""Summaries on request, of which a client may ask for any number."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

SHARE: Final = 20
"""They take this part of the time at most: of 8000 utterances each takes 50 ms, in which no other
stream is served."""


class Summaries:
    """Answers requests, one answer for all that come before the next is due.

    Args:
        put: Makes a summary and sends it.
    """

    def __init__(self, put: Callable[[], None]) -> None:
        self._put = put
        self._due: asyncio.TimerHandle | None = None
        self._next = 0.0

    def ask(self) -> None:
        """One is wanted."""
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait = self._next - loop.time()
            if wait > 0:
                self._due = loop.call_later(wait, self._answer)
            else:
                self._answer()

    def stop(self) -> None:
        """None is wanted any more."""
        if self._due is not None:
            self._due.cancel()

    def _answer(self) -> None:
        self._due = None
        began = time.thread_time()
        self._put()
        took = time.thread_time() - began
        self._next = asyncio.get_running_loop().time() + SHARE * took
