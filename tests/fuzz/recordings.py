"""Small recordings in many formats, made here: a fifth of a second of a tone in noise."""

import io
from typing import Final, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

FORMATS: Final = (
    ("wav", "pcm_s16le", 8_000),
    ("wav", "pcm_mulaw", 8_000),
    ("wav", "pcm_s64le", 8_000),
    ("wav", "adpcm_ms", 16_000),
    ("aiff", "pcm_s16be", 16_000),
    ("flac", "flac", 16_000),
    ("mp3", "libmp3lame", 16_000),
    ("ogg", "libopus", 48_000),
    ("mp4", "aac", 16_000),
    ("matroska", "libopus", 48_000),
    ("adts", "aac", 16_000),
)
"""Container, codec, and rate in Hz."""


def recordings() -> list[bytes]:
    """One file of each format, in mono and stereo by turns."""
    made = enumerate(FORMATS)
    return [recording(*form, channels=1 + n % 2) for n, form in made]


def recording(container: str, codec: str, rate: int, channels: int, **options: str) -> bytes:
    """One file of this container and codec, muxed with FFmpeg's options."""
    rng = np.random.default_rng(rate)
    t = np.arange(rate // 5) / rate
    wave = 0.5 * np.sin(2 * np.pi * 440 * t) + 0.1 * rng.standard_normal((channels, len(t)))
    samples = (np.clip(wave, -1, 1).astype(np.float32)).T.reshape(1, -1)
    layout = "mono" if channels == 1 else "stereo"
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as out:
        stream = cast("AudioStream", out.add_stream(codec, rate=rate, layout=layout))
        frame = AudioFrame.from_ndarray(samples, format="flt", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, layout, rate, stream.frame_size or 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file.getvalue()
