"""Decode bare Opus packets, as they come without a container (RFC 6716)."""

# pyright: reportUnknownMemberType=false
# (PyAV types its packets only in part)

from contextlib import suppress
from typing import Final

import av
from av.error import FFmpegError
from av.packet import Packet

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError

DECODED: Final = AudioFormat("linear32f", 48_000)
"""The format of what is decoded, whatever the rate and the channels of its source were."""


class OpusDecoder:
    """Decodes the packets of one stream, in order, to audio in the format `DECODED`.

    The time and memory that a packet takes are bounded: it holds 120 ms of audio at most.
    """

    __slots__ = ("_codec",)

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("opus", "r")
        self._codec.layout = "mono"

    def decode(self, packet: bytes) -> bytes:
        """Decode one packet. One that is refused does not disturb those that follow.

        Raises:
            ProtocolError: It is no Opus packet.
        """
        if packet:  # to FFmpeg nothing at all is the end of the stream
            with suppress(FFmpegError):
                frames = self._codec.decode(Packet(packet))
                return b"".join(frame.to_ndarray().tobytes() for frame in frames)
        raise ProtocolError(
            f"{len(packet)} bytes that are no Opus packet: send one in each message"
        )
