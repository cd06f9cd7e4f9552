"""The audio of a recording as a `data:` URL, to embed in a page."""

# pyright: reportUnknownMemberType=false
# (PyAV annotates its packets only in part)

import base64
import io
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.error import FFmpegError

from sentivox.audio.protocol import Recording
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE

BIT_RATE: Final = 32_000
"""Bits per second and channel: enough for speech, and 19 MB of page per hour of one channel."""


def data_url(file: Recording) -> str:
    """Encode a recording as MP3, which every browser plays, in a `data:` URL.

    Raises:
        AudioError: The recording cannot be decoded, or FFmpeg cannot write MP3 on this machine.
    """
    encoded = base64.b64encode(_mp3(file)).decode()
    return f"data:audio/mpeg;base64,{encoded}"


def _mp3(file: Recording) -> bytes:
    out = io.BytesIO()
    layout = "stereo" if file.channels == 2 else "mono"
    try:
        with av.open(out, "w", format="mp3") as container:
            stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE)
            stream.layout = layout
            stream.format = "s16p"
            stream.bit_rate = BIT_RATE * file.channels
            at = 0
            for block in file:
                frame = AudioFrame.from_ndarray(
                    np.ascontiguousarray(block), format="s16p", layout=layout
                )
                frame.sample_rate, frame.pts = SAMPLE_RATE, at
                at += block.shape[1]
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (FFmpegError, ValueError) as error:
        raise AudioError(f"{file.path} cannot be embedded in a page: {error}") from error
    return out.getvalue()
