"""The protocols of streams that the server speaks: one line for each."""

from typing import Final

from sentivox.server.dialects import deepgram, v1, vosk
from sentivox.server.dialects.opening import StreamProtocol

STREAM_PROTOCOLS: Final[tuple[StreamProtocol, ...]] = (
    v1.PROTOCOL,
    deepgram.PROTOCOL,
    vosk.PROTOCOL,
)
"""Protocol v1 first; it cannot be switched off."""
