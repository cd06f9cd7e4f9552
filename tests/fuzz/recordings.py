"""Small recordings in many formats, made here: a fifth of a second of a tone in noise.

And the shapes that recordings take in the world: packets missing, sound that begins late, several
tracks, one voice on both channels, one recording after another in a file.
"""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from tests.audio.made import Keep, as_it_is, write, zeroed

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
    layout = {1: "mono", 2: "stereo", 8: "7.1"}[channels]
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


def shaped() -> list[bytes]:
    """A file of each shape."""
    rng = np.random.default_rng(0)
    one = np.round(3000 * rng.standard_normal((1, 9600))).astype(np.int16)
    with TemporaryDirectory(prefix="sentivox-fuzz-") as folder:

        def made(
            suffix: str, codec: str, *tracks: np.ndarray, rate: int = 48_000, keep: Keep = as_it_is
        ) -> bytes:
            path = write(
                Path(folder) / f"made.{suffix}", tracks or (one,), codec, rate=rate, keep=keep
            )
            return path.read_bytes()

        def punched(suffix: str, codec: str) -> bytes:
            path = write(Path(folder) / f"hole.{suffix}", [one], codec, rate=48_000)
            return zeroed(path).read_bytes()

        return [
            made("webm", "libopus", keep=lambda at: None if 0.2 < at < 0.4 else at),
            made("mka", "flac", keep=lambda at: at + 5),
            made("ts", "mp2") * 2,
            made("mkv", "flac", keep=lambda at: at * 1e5),
            made("m4a", "aac", one, -one),
            made("mkv", "libopus", one // 9000, one),
            made("mov", "pcm_s16le", one, one[:, :3000], one),
            made("wav", "pcm_s16le", np.concatenate([one, one])),
            recording("ogg", "libopus", 48_000, channels=8),
            made("flac", "flac", np.concatenate([one, -one])),
            made("ogg", "libopus", np.concatenate([one, one // 9000])),
            punched("opus", "libopus"),
            punched("flac", "flac"),
            punched("aac", "aac"),
            punched("mp3", "libmp3lame"),
            punched("ac3", "ac3"),
            punched("wv", "wavpack"),
            punched("avi", "pcm_s16le"),
            punched("avi", "libmp3lame"),
            punched("wav", "ac3"),
            made("voc", "pcm_s16le"),
            made("eac3", "eac3"),
            made("opus", "libopus") + made("ogg", "flac", rate=16_000),
            made("wav", "pcm_s16le") + made("wav", "pcm_s16le", rate=8_000),
            made("m4a", "aac") * 2,
        ]
