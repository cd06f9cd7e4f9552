"""Decode the packets of one track, skipping damaged ones."""

# pyright: reportUnknownMemberType=false
# (PyAV types its packets only in part)

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Final, cast

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec import CodecContext
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from sentivox.audio.clocks import Clock
from sentivox.audio.containers import MOST_SAMPLES
from sentivox.audio.samples import to_array
from sentivox.audio.timeline import Piece

_MOST_ERRORS: Final = 10_000
"""Read errors in a row, without a packet between, after which decoding ends. Some demuxers
resynchronise a few bytes at a time, and others report the same error for ever."""

_TAGS: Final = frozenset({b"ID3", b"TAG", b"APE"})
"""First bytes of the tags that lie between the frames of joined MP3 files; they are no damage."""

_AMR: Final = {"amrnb": (8000, 8), "amrwb": (16_000, 9)}
"""Sample rate in Hz and first frame type that is not speech, by codec."""

_AMR_S: Final = Fraction(1, 50)
"""Duration of an AMR frame in seconds."""

_KNOWS_PAUSES: Final = {"amrnb": "libopencore_amrnb", "amrwb": "libopencore_amrwb"}
"""Decoders that replace FFmpeg's own for AMR, which cannot read its pauses; these generate the
comfort noise that a pause stands for."""


class Decoding:
    """The decoded pieces of one track, from its beginning. Iterate once.

    Args:
        container: The open container, which is read to its end.
        stream: The track.
        clock: The track's clock.
        damaged: Whether audio is already known to be missing.

    Attributes:
        damaged: Whether audio is missing, or something so far could not be read or decoded.
    """

    __slots__ = ("_clock", "_container", "_decoder", "_stream", "damaged")

    def __init__(
        self, container: InputContainer, stream: AudioStream, clock: Clock, *, damaged: bool
    ) -> None:
        self.damaged = damaged
        self._container = container
        self._stream = stream
        self._decoder = _decoder(stream)
        self._clock = clock

    def __iter__(self) -> Iterator[Piece]:
        last: Piece | None = None
        duration = 0
        for packet in self._packets():
            for piece in self._pieces(packet):
                if last is not None:
                    yield last
                last = piece
                duration = packet.duration or 0
        if last is None:
            return
        # FFmpeg removes the padding before and after the sound, except at the end of AAC in MP4:
        # there the last packet's duration, in samples, says how much of it is sound.
        counts_samples = self._stream.time_base == Fraction(1, last.rate)
        end = duration if counts_samples and duration else None
        yield replace(last, samples=last.samples[:end])

    def _packets(self) -> Iterator["Packet[AudioStream]"]:
        """Yield every packet that can be read, continuing behind damage."""
        errors, packets = 0, self._container.demux(self._stream)
        while errors < _MOST_ERRORS:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (FFmpegError, OSError):
                self.damaged = True
                errors += 1
                packets = self._container.demux(self._stream)
                continue
            errors = 0
            yield packet

    def _pieces(self, packet: "Packet[AudioStream]") -> Iterator[Piece]:
        """Decode one packet."""
        if not self._clock.takes(packet):
            return
        try:
            frames = self._decoder.decode(packet)
        except FFmpegError:
            frames = _pause(self._decoder.name, packet)
            if not frames:
                self.damaged |= bytes(packet)[:3] not in _TAGS
                self._clock.lose()
        if self._stream.codec_context.name in _AMR and packet.duration and self._stream.time_base:
            # A damaged packet can decode to too many frames.
            frames = frames[: round(packet.duration * self._stream.time_base / _AMR_S) or 1]
        for frame in frames:
            yield Piece(to_array(frame), frame.sample_rate, self._clock.time(frame))


def _pause(codec: str, packet: "Packet[AudioStream]") -> list[AudioFrame]:
    """Return 20 ms of silence for an AMR packet without speech (RFC 4867, 4.3), else nothing."""
    rate, first_pause = _AMR.get(codec, (0, 16))
    if not packet.size or bytes(packet)[0] >> 3 & 15 < first_pause:
        return []
    frame = AudioFrame("s16", "mono", rate // 50)
    frame.sample_rate, frame.pts = rate, packet.pts
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    return [frame]


def _decoder(stream: AudioStream) -> AudioCodecContext:
    """The stream's own decoder, or a better one if this FFmpeg has it."""
    decoder = stream.codec_context
    if better := _KNOWS_PAUSES.get(decoder.name):
        with suppress(ValueError):  # this FFmpeg lacks it
            decoder = cast("AudioCodecContext", CodecContext.create(better, "r"))
    decoder.options = {"max_samples": str(MOST_SAMPLES)}
    return decoder
