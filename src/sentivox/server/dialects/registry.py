"""The protocols of streams that the server speaks: one line for each."""

from collections.abc import Collection
from typing import Final

from sentivox.server.dialects import (
    assemblyai,
    deepgram,
    hume,
    openai,
    telephony,
    v1,
    vosk,
    xiaozhi,
)
from sentivox.server.dialects.opening import StreamProtocol

_FOREIGN: Final[tuple[StreamProtocol, ...]] = (
    assemblyai.PROTOCOL,
    deepgram.PROTOCOL,
    hume.PROTOCOL,
    openai.PROTOCOL,
    telephony.TELNYX,
    telephony.TWILIO,
    telephony.VONAGE,
    vosk.PROTOCOL,
    xiaozhi.PROTOCOL,
)


def stream_protocols(named: Collection[str]) -> list[StreamProtocol]:
    """Protocol v1, and those of other services that are named."""
    return [v1.PROTOCOL, *(protocol for protocol in _FOREIGN if protocol.name in named)]
