"""Recordings of the sample call, made with whatever befalls recordings."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.samples import CALL

Keep = Callable[[float], float | None]
"""From a packet's time in seconds to the time it gets, or None to leave it out."""


def as_it_is(at: float) -> float:
    return at


def call(seconds: float = 30.0) -> np.ndarray:
    """The sample call, int16 of shape (2, n) at 16 kHz."""
    return np.concatenate(list(AudioFile(CALL)), axis=1)[:, : round(16_000 * seconds)]


def voices(seconds: float = 30.0) -> np.ndarray:
    """Both sides in one channel, shape (1, n)."""
    return (call(seconds).astype(np.int32).sum(axis=0, keepdims=True) // 2).astype(np.int16)


def write(
    path: Path,
    tracks: Sequence[np.ndarray],
    codec: str,
    *,
    rate: int = 16_000,
    container: str | None = None,
    keep: Keep = as_it_is,
    picture: bool = False,
    **options: str,
) -> Path:
    """Encode int16 tracks, each of shape (channels, n) at 16 kHz.

    Args:
        path: Of the file.
        tracks: One or more.
        codec: Of all of them.
        rate: Hz in the file.
        container: Its format, if the suffix does not tell.
        keep: What becomes of each packet.
        picture: With a track of packets that come four a second, and are no picture.
        options: Of the codec.
    """
    with av.open(str(path), "w", format=container) as out:
        video = out.add_stream("mpeg4", rate=4) if picture else None
        streams = [
            out.add_stream(codec, rate=rate, layout="mono" if len(t) == 1 else "stereo")
            for t in tracks
        ]
        if isinstance(video, av.VideoStream):
            video.width = video.height = 16
            video.pix_fmt = "yuv420p"
            for _ in range(4 * round(tracks[0].shape[1] / 16_000)):
                still = np.zeros((16, 16, 3), np.uint8)
                out.mux(video.encode(av.VideoFrame.from_ndarray(still)))
            out.mux(video.encode(None))
        for stream, samples in zip(streams, tracks, strict=True):
            assert isinstance(stream, av.AudioStream)
            stream.options = dict(options)
            for packet in _packets(stream, samples, rate):
                tick = packet.time_base
                assert packet.pts is not None
                at = keep(float(packet.pts * tick))
                if at is not None:
                    packet.pts = packet.dts = round(at / tick)
                    out.mux(packet)
    return path


def _packets(stream: av.AudioStream, samples: np.ndarray, rate: int) -> list[av.Packet]:
    layout = stream.layout.name
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "s16p", layout)
    frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
    size = stream.frame_size or 1024
    resampler = av.AudioResampler(stream.format, layout, rate, size)
    ready = [*resampler.resample(frame), *resampler.resample(None)]
    return [p for piece in [*ready, None] for p in stream.encode(piece)]


def zeroed(
    path: Path, start: float = 0.2, end: float = 0.4, fill: Callable[[int], bytes] = bytes
) -> Path:
    """Zero a part of a file's bytes, in shares of its length, or put what `fill` makes there."""
    data = bytearray(path.read_bytes())
    first, last = int(len(data) * start), int(len(data) * end)
    data[first:last] = fill(last - first)
    path.write_bytes(data)
    return path


def read(file: AudioFile) -> np.ndarray:
    return np.concatenate(list(file), axis=1)


def shift_ms(heard: np.ndarray, true: np.ndarray, start: float, end: float) -> float:
    """How much later a stretch, in seconds, comes than it should, by correlation within 0.5 s."""
    first, last = round(16_000 * start), round(16_000 * end)
    a = heard[first:last].astype(float)
    around = np.pad(true.astype(float), 8_000)[first : last + 16_000]
    size = 1 << (len(around) + len(a)).bit_length()
    spectrum = np.fft.rfft(around, size) * np.conj(np.fft.rfft(a, size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)[:16_000]))
    return (8_000 - lag) / 16
