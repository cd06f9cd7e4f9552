"""Reads the body of a request that holds a few fields, and no recording."""

from typing import Final

from fastapi import HTTPException, Request

from sentivox.server.http.uploads import bounded_body
from sentivox.server.settings import ServerSettings

_MOST_BYTES: Final = 64 << 10


async def small_body(request: Request, settings: ServerSettings) -> bytes:
    """The body of a request.

    Raises:
        HTTPException: 413 too large, 408 too slow, 499 the client disconnected.
    """
    too_long = HTTPException(413, f"this may have {_MOST_BYTES} bytes, and no recording in it")
    chunks = bounded_body(request.receive, settings, _MOST_BYTES, too_long)
    return b"".join([chunk async for chunk in chunks])
