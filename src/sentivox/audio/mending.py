"""Open a track so that damage does not shift the audio after it."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from av.audio.stream import AudioStream
from av.container import InputContainer

from sentivox.audio.avi import lost_chunks
from sentivox.audio.bare import FRAMINGS
from sentivox.audio.clocks import COUNTED, ChunkClock, Clock, FrameClock, StampClock
from sentivox.audio.containers import ByteSpan, open_recording
from sentivox.audio.decoding import Decoding
from sentivox.audio.holes import FileWithoutHoles, find_holes


@contextmanager
def open_track(
    path: Path, span: ByteSpan | None, index: int
) -> Generator[tuple[InputContainer, Decoding]]:
    """Open a file, or a part of it, and start decoding one of its streams.

    Args:
        path: The file.
        span: The part to read, or None for the whole file.
        index: Index of the stream in the container.

    Yields:
        The open container, and the stream's decoded pieces.

    Raises:
        AudioError: it cannot be read.
    """
    whole = span or ByteSpan(0, path.stat().st_size)
    with open_recording(path, span) as container:
        stream = cast("AudioStream", container.streams[index])
        name = container.format.name
        framing = FRAMINGS.get((name, stream.codec_context.name))
        holes = [] if framing is None else find_holes(path, whole, framing)
        if not holes:
            lost = lost_chunks(path, whole, index) if name == "avi" else []
            clock = ChunkClock(stream, lost) if lost else _clock(container, stream)
            yield container, Decoding(container, stream, clock, damaged=bool(lost))
            return
    with (
        closing(FileWithoutHoles(path, whole, holes)) as content,
        open_recording(path, content=content) as container,
    ):
        stream = cast("AudioStream", container.streams[index])
        timed = framing is not None and framing.timed
        clock = _clock(container, stream) if timed else FrameClock(holes)
        yield container, Decoding(container, stream, clock, damaged=True)


def _clock(container: InputContainer, stream: AudioStream) -> Clock:
    """The clock of a stream outside damage: its timestamps, or a count where it has none."""
    return FrameClock() if container.format.name in COUNTED else StampClock(stream)
