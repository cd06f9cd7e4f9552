"""Sends audio in a task while the caller takes the events."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from sentivox.errors import ConnectionFailed


@contextlib.asynccontextmanager
async def sending(send: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run `send` as a task alongside the block.

    At the end of the block, waits for the task; if the block is left early, cancels it.

    Raises:
        Exception: What `send` raised, if the block ran to its end.
    """
    sender = asyncio.create_task(send)
    try:
        yield
        await sender
    finally:
        sender.cancel()
        # The task that takes the events gets a ConnectionFailed too, with the reason.
        with contextlib.suppress(asyncio.CancelledError, ConnectionFailed):
            await sender
