"""Blocking work for asyncio: in a thread, and never left running behind a cancelled task."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


async def to_end(function: Callable[[], T]) -> T:
    """Run a function in a thread, and return what it does.

    A thread cannot be cancelled. So if the waiting task is, it first waits for the function to
    return: whoever cleans up after it then has what it worked on to themselves.
    """
    context = contextvars.copy_context()
    work = asyncio.get_running_loop().run_in_executor(None, context.run, function)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # taken, so that it is not reported as never looked at
        raise


async def in_thread(events: Iterator[T]) -> AsyncGenerator[T]:
    """Iterate over a blocking iterator in threads, without blocking the event loop."""
    while (event := await to_end(lambda: next(events, None))) is not None:
        yield event
