"""Recordings of any format, rate and length, as blocks of 16 kHz int16."""

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from sentivox.audio.containers import MOST_SAMPLES, open_recording
from sentivox.audio.resample import Resampler
from sentivox.audio.truncation import cut_short
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

_BLOCK: Final = SAMPLE_RATE // 2

_KNOWS_LENGTH: Final = frozenset({"flac", "mov", "matroska", "wav"})
"""Formats that write their length down; of the others FFmpeg only guesses it."""

_SHORTFALL_S: Final = 0.1

_SLICE: Final = 1 << 15
"""Samples a channel that are resampled at a time: at 1 kHz, 16 times as many come out."""

_MOST_PLANES: Final = 8
"""Of a planar frame. PyAV reads beyond the end of a longer list of them, and the process dies."""

_LOWEST_RATE: Final = 1000
"""Hz. At less, one frame of a damaged or hostile file would fill the memory once resampled."""


class AudioFile:
    """A recording on disk: audio, or a video's sound track. Iterate as often as you like.

    Iterating yields int16 blocks of shape (channels, n) at 16 kHz, n = 8000 (0.5 s) but for
    the last, in memory that does not depend on the length. The samples begin and end where
    the recording does: encoder delay and padding are left out wherever the format states
    them (raw AAC, AAC in Matroska and headerless MP3 do not: up to 0.05 s too long).

    Args:
        path: The file.
        mixdown: Mix two channels into one; more than two always are.

    Attributes:
        channels: 1 or 2.
        duration: Seconds as the file declares or suggests, or None; the samples decide.
        note: One line for the user about what was done to the audio, or None.
        truncated: Known once iterated: the file ends too early or is damaged, and what could
            be decoded was delivered.

    Raises:
        AudioError: no such file, or not audio. Iterating raises it where nothing decodes.
    """

    __slots__ = ("channels", "duration", "note", "path", "truncated")

    def __init__(self, path: Path | str, mixdown: bool = False) -> None:
        self.path = Path(path)
        self.truncated = False
        self.note: str | None = None
        with open_recording(self.path) as container:
            stream = _audio_stream(container, self.path)
            self.duration = _declared_s(container, stream)
            found = stream.codec_context.channels
        self.channels = 2 if found == 2 and not mixdown else 1
        if found > 2:
            self.note = f"{self.path}: {found} channels were mixed to mono."

    def __iter__(self) -> Iterator[Int16Array]:
        """Decode from the beginning."""
        self.truncated = cut_short(self.path)
        return _blocks(self._decode())

    def _decode(self) -> Iterator[Int16Array]:
        """Pieces of any length, shape (channels, n) at 16 kHz."""
        resample, rate, seconds = Resampler(SAMPLE_RATE, self.channels), 0, 0.0
        with open_recording(self.path) as container:
            stream = _audio_stream(container, self.path)
            stream.codec_context.options = {"max_samples": str(MOST_SAMPLES)}
            for frame, samples in _without_padding(self._frames(container, stream)):
                if frame.sample_rate != rate:  # the first frame, or a new rate midway
                    yield resample.flush()
                    rate = frame.sample_rate
                    if rate < _LOWEST_RATE:
                        raise AudioError(f"{self.path} has {rate} samples a second: no speech.")
                    resample = Resampler(rate, self.channels)
                seconds += samples / rate
                whole = _to_array(frame)[:samples]
                for start in range(0, samples, _SLICE):
                    floats = _to_float(whole[start : start + _SLICE])
                    yield resample(_to_channels(floats, self.channels))
            yield resample.flush()
            if container.format.name.split(",")[0] in _KNOWS_LENGTH:
                declared = _declared_s(container, stream) or 0.0
                self.truncated |= seconds < declared - _SHORTFALL_S
        if not seconds:
            raise AudioError(f"{self.path} holds no audio that can be decoded.")

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """Decoded frames; damaged packets are skipped."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (FFmpegError, OSError):
                self.truncated = True
                return
            try:
                for frame in packet.decode():
                    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
                        self.truncated = True
                    else:
                        yield frame
            except FFmpegError:
                self.truncated = True


def write_wav(path: Path | str, pcm: Int16Array, rate: int = SAMPLE_RATE) -> None:
    """Write int16 samples, shape (n,) or (channels, n), as a 16-bit WAV file.

    Raises:
        AudioError: the file cannot be written.
    """
    frames = np.atleast_2d(pcm).T
    try:
        with Path(path).open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(frames.shape[1])
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(frames.astype("<i2").tobytes())
    except OSError as error:
        raise AudioError(f"{path} cannot be written: {error.strerror}.") from error


def _audio_stream(container: InputContainer, path: Path) -> AudioStream:
    stream = container.streams.best("audio")
    if not isinstance(stream, AudioStream):
        raise AudioError(f"{path} has no audio in it.")
    if cast("object", stream.codec_context) is None:  # despite its type: nobody decodes it
        raise AudioError(f"{path} holds audio in an unknown codec: save it as WAV or FLAC.")
    return stream


def _declared_s(container: InputContainer, stream: AudioStream) -> float | None:
    """The length in seconds by the stream's own account, or a one-stream file's."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _without_padding(frames: Iterable[AudioFrame]) -> Iterator[tuple[AudioFrame, int]]:
    """Each frame with how many of its samples are sound.

    FFmpeg drops what codecs put before and after the sound, but for the end of AAC in MP4:
    there the last frame's duration, in samples, says how much of it counts.
    """
    last = None
    for frame in frames:
        if last is not None:
            yield last, last.samples
        last = frame
    if last is None:
        return
    counts_samples = last.time_base is not None and last.time_base * last.sample_rate == 1
    known = last.duration if counts_samples else 0
    yield last, min(last.samples, known or last.samples)


def _to_array(frame: AudioFrame) -> NDArray[Any]:
    """A frame's samples as they were stored, shape (n, channels)."""
    raw = _of_64_bits(frame) if frame.format.name in {"s64", "s64p"} else frame.to_ndarray()
    return raw.T if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels)


def _to_float(samples: NDArray[Any]) -> FloatArray:
    """Samples of any type as float32, full scale -1…1."""
    floats = samples.astype(np.float32)
    match samples.dtype.kind:
        case "u":  # 8 bits are stored unsigned
            return (floats - np.float32(128)) / np.float32(128)
        case "i":
            return floats / np.float32(1 << (8 * samples.dtype.itemsize - 1))
        case _:
            return np.where(np.isfinite(floats), floats, np.float32(0))


def _of_64_bits(frame: AudioFrame) -> NDArray[np.int64]:
    """What PyAV's `to_ndarray`, which knows no 64-bit integers, would give: a row a plane."""
    each = frame.samples * (1 if frame.format.is_planar else frame.layout.nb_channels)
    return np.stack([np.frombuffer(bytes(plane), np.int64, each) for plane in frame.planes])


def _to_channels(frames: FloatArray, channels: int) -> FloatArray:
    """As many channels as wanted; another number of them is mixed, each counting alike."""
    if frames.shape[1] == channels:
        return frames
    return np.repeat(frames.mean(axis=1, keepdims=True), channels, axis=1)


def _blocks(pieces: Iterable[Int16Array]) -> Iterator[Int16Array]:
    """The same samples in blocks of 0.5 s."""
    held: list[Int16Array] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += piece.shape[1]
        if size < _BLOCK:
            continue
        joined = np.concatenate(held, axis=1)
        whole = size - size % _BLOCK
        for start in range(0, whole, _BLOCK):
            yield joined[:, start : start + _BLOCK]
        held, size = [joined[:, whole:]], size - whole
    if size:
        yield np.concatenate(held, axis=1)
