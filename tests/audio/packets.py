"""Bare packets, as devices send them."""

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext


def opus_packets(mono: np.ndarray, *, milliseconds: int = 60, layout: str = "mono") -> list[bytes]:
    """Opus of int16 at 16 kHz, shape (n,); what is left at the end is left out.

    Args:
        mono: The samples.
        milliseconds: Length of a packet.
        layout: Of the packets: "mono", or "stereo" with the same on both sides.
    """
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 16_000, layout, "s16"
    codec.bit_rate = 24_000
    codec.options = {"frame_duration": str(milliseconds), "application": "voip"}
    step = 16 * milliseconds
    packets: list[bytes] = []
    for at in range(0, len(mono) - step + 1, step):
        samples = np.repeat(mono[at : at + step], 2 if layout == "stereo" else 1)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout=layout)
        frame.sample_rate, frame.pts = 16_000, at
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets
