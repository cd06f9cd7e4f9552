"""Sending audio while somebody else takes the events."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from sentivox.errors import ConnectionFailed


@contextlib.asynccontextmanager
async def sending(send: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Send beside the block; waits for its end, and stops it where the block is left early.

    Raises:
        Exception: what `send` raised, if the block came to its end.
    """
    sender = asyncio.create_task(send)
    try:
        yield
        await sender
    finally:
        sender.cancel()
        # The reader of the events hears of a broken connection too, and with the reason.
        with contextlib.suppress(asyncio.CancelledError, ConnectionFailed):
            await sender
