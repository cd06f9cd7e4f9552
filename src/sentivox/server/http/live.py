"""Tells of a recording's utterances while it is still being analysed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from sentivox.protocol.events import Begin, Event, Utterance


class LiveUtterances:
    """The final utterances of a recording, passed from the analysis's thread to the event loop.

    They come as soon as they are known, in order of time. So those of several channels, which are
    analysed one after the other, come at the end.
    """

    def __init__(self) -> None:
        self._apart = False
        self._held: list[Utterance] = []
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Utterance] = asyncio.Queue()
        self._first = asyncio.Event()

    def take(self, event: Event) -> None:
        """Pass on an event if it is a final utterance; called by the analysis's thread."""
        match event:
            case Begin():
                self._apart = event.config.channels > 1
            case Utterance(final=True) if self._apart:
                self._held.append(event)
            case Utterance(final=True):
                self._loop.call_soon_threadsafe(self._put, event)
            case _:
                pass

    async def begun(self, work: asyncio.Task[Any]) -> None:
        """Wait for the first utterance, or the end of the analysis."""
        first = asyncio.create_task(self._first.wait())
        await asyncio.wait({first, work}, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()

    async def until(self, work: asyncio.Task[Any]) -> AsyncGenerator[Utterance]:
        """Yield the utterances as they come, until the analysis has ended."""
        while True:
            following = asyncio.create_task(self._queue.get())
            try:
                await asyncio.wait({following, work}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    break
                yield following.result()
            finally:
                following.cancel()
        while not self._queue.empty():  # put just before the analysis ended
            yield self._queue.get_nowait()
        for utterance in sorted(self._held, key=lambda said: (said.start, said.channel)):
            yield utterance

    def _put(self, utterance: Utterance) -> None:
        self._queue.put_nowait(utterance)
        self._first.set()
