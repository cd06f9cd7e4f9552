"""Turn audio into the messages of each protocol: as it is, in JSON, as Opus or as mu-law."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# (PyAV types its codecs only in part)

import base64
from collections.abc import Mapping
from typing import Any, Final

import av
import msgspec
import numpy as np
import soxr
from av.audio.codeccontext import AudioCodecContext

from sentivox.audio.resample import int16_to_float, to_int16
from sentivox.errors import UsageError
from sentivox.types import SAMPLE_RATE, Int16Array

_OPUS_MS: Final = (10, 20, 40, 60, 80, 100, 120)
"""Lengths of Opus packets (RFC 6716) that `sentivox load` can be asked for."""

_OPUS_BITS: Final = 24_000
"""Bits a second, as those devices send."""

_NARROW: Final = 8000
"""Sample rate of telephone lines, in Hz."""


def pcm(audio: Int16Array, samples: int) -> list[bytes]:
    """Binary messages of linear PCM, 16 bits, little-endian."""
    data, step = audio.astype("<i2").tobytes(), 2 * samples
    return [data[at : at + step] for at in range(0, len(data), step)]


def appended(audio: Int16Array, samples: int) -> list[str]:
    """The same as base64 in JSON, as OpenAI's clients send it."""
    return [
        json_text({"type": "input_audio_buffer.append", "audio": base64.b64encode(piece).decode()})
        for piece in pcm(audio, samples)
    ]


def media(audio: Int16Array, samples: int) -> list[str]:
    """Mu-law at 8 kHz as base64 in JSON, as Twilio sends it: numbers are strings."""
    return [
        json_text(
            {
                "event": "media",
                "sequenceNumber": str(n + 1),
                "streamSid": "MZ0",
                "media": {
                    "track": "inbound",
                    "chunk": str(n),
                    "timestamp": str((n - 1) * samples // 16),
                    "payload": base64.b64encode(piece).decode(),
                },
            }
        )
        for n, piece in enumerate(mulaw(audio, samples), start=1)
    ]


def json_text(message: Mapping[str, Any]) -> str:
    """A message of JSON."""
    return msgspec.json.encode(message).decode()


def opus(audio: Int16Array, samples: int) -> list[bytes]:
    """Encode mono int16 at 16 kHz, shape (n,), as Opus packets of this many samples each.

    Raises:
        UsageError: Opus has no packets of that length.
    """
    milliseconds = samples * 1000 // SAMPLE_RATE
    if milliseconds not in _OPUS_MS or samples * 1000 % SAMPLE_RATE:
        lengths = ", ".join(map(str, _OPUS_MS))
        raise UsageError(f"a packet of Opus has {lengths} ms of audio: choose one (--frame-ms)")
    options = {"frame_duration": str(milliseconds), "application": "voip"}
    return _encoded("libopus", audio, SAMPLE_RATE, samples, options)


def mulaw(audio: Int16Array, samples: int) -> list[bytes]:
    """Encode mono int16 at 16 kHz, shape (n,), as mu-law at 8 kHz, in pieces of `samples` / 2."""
    narrow = to_int16(soxr.resample(int16_to_float(audio)[:, None], SAMPLE_RATE, _NARROW))[0]
    return _encoded("pcm_mulaw", narrow, _NARROW, samples * _NARROW // SAMPLE_RATE, {})


def _encoded(
    name: str, audio: Int16Array, rate: int, samples: int, options: Mapping[str, str]
) -> list[bytes]:
    """One packet for each `samples` samples; the last ones are filled up with silence."""
    codec = av.CodecContext.create(name, "w")
    assert isinstance(codec, AudioCodecContext)  # noqa: S101  (what its name says)
    codec.sample_rate, codec.layout, codec.format = rate, "mono", "s16"
    codec.bit_rate, codec.options = _OPUS_BITS, dict(options)
    packets: list[bytes] = []
    filled = np.pad(audio, (0, -len(audio) % samples))
    for at in range(0, len(filled), samples):
        frame = av.AudioFrame.from_ndarray(filled[None, at : at + samples], "s16", "mono")
        frame.sample_rate, frame.pts = rate, at
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets
