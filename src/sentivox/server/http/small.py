"""Reads the body of a request that holds a few fields, and no recording."""

from typing import Final

from fastapi import HTTPException, Request

_MOST_BYTES: Final = 64 << 10


async def small_body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        HTTPException: 413, it is too large.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, f"this may have {_MOST_BYTES} bytes, and no recording in it")
    return body
