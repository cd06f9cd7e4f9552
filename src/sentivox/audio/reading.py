"""Read one track of a recording as 16 kHz int16, each sample at its time."""

import math
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from sentivox.audio.clocks import COUNTED
from sentivox.audio.containers import ByteSpan
from sentivox.audio.decoding import Decoding
from sentivox.audio.flac import begins_at_zero
from sentivox.audio.mending import open_track
from sentivox.audio.resample import Resampler
from sentivox.audio.samples import in_blocks, samples_to_float, to_channels
from sentivox.audio.timeline import Gap, Timeline
from sentivox.audio.tracks import length_s, start_s
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array

_STATES_LENGTH: Final = frozenset({"flac", "matroska", "mov", "mpegts", "ogg", "wav"})
"""Containers whose length is known; FFmpeg only estimates that of the others."""

_ENDS_ANYWHERE: Final = frozenset({"mpegts", "ogg"})
"""Containers whose length is that of the audio present, so it does not show what is missing."""

_FROM_ZERO: Final = frozenset({"matroska", "mov"})
"""Containers whose clock begins at 0, even before the first packet. Others begin at any time."""

_SHORTFALL_S: Final = 0.1
"""Seconds that may be missing from the declared length in a complete file."""

_SLACK_S: Final = 1.0
"""Seconds that timestamps may exceed the declared length by and still be believed."""

_LOWEST_RATE: Final = 1000
"""Lowest sample rate in Hz that is decoded. Below it, one frame of a damaged or hostile file could
fill the memory when resampled."""

_SLICE: Final = 1 << 15
"""Samples per channel that are resampled at a time; from 1 kHz, 16 times as many come out."""


class AudioReading:
    """One track, from its beginning. Iterate once.

    Iterating yields int16 of shape (channels, n) at 16 kHz, with any n.

    Args:
        path: The file.
        span: The part of it to read, or None for all.
        index: Index of the stream in the container.
        channels: Number of channels to yield, 1 or 2.

    Attributes:
        gaps: Where silence stands in for missing audio, in seconds; complete after iterating.
        seconds: Duration of what was read.
        truncated: Whether the track ends early or is damaged; known after iterating.

    Raises:
        AudioError: while iterating, if nothing can be decoded.
    """

    __slots__ = ("_channels", "_index", "_path", "_span", "gaps", "seconds", "truncated")

    def __init__(self, path: Path, span: ByteSpan | None, index: int, channels: int) -> None:
        self._path = path
        self._span = span
        self._index = index
        self._channels = channels
        self.gaps: list[Gap] = []
        self.seconds = 0.0
        self.truncated = False

    def __iter__(self) -> Iterator[Int16Array]:
        with open_track(self._path, self._span, self._index) as (container, decoding):
            stream = cast("AudioStream", container.streams[self._index])
            timeline = self._timeline(container)
            lacking = decoding.damaged
            try:
                yield from self._resampled(decoding, timeline)
            finally:
                self.seconds = timeline.position
                # Sound that begins later than the picture is not missing.
                late = len(container.streams) > 1
                self.gaps = [gap for gap in timeline.gaps if gap.start > 0 or lacking or not late]
                self.truncated = decoding.damaged or timeline.wrong
            name, declared = _name(container), length_s(container, stream) or 0.0
            if name in _STATES_LENGTH - _ENDS_ANYWHERE:
                self.truncated |= self.seconds < declared - _SHORTFALL_S
            self.truncated |= name == "flac" and bool(self.gaps)  # FLAC has no pauses

    def _timeline(self, container: InputContainer) -> Timeline:
        """A timeline with the origin and the longest length that the container suggests."""
        name = _name(container)
        if name in COUNTED:  # gaps are estimated from bytes, so none is implausibly long
            return Timeline(0.0, math.inf)
        start = start_s(container)
        length = container.duration / av.time_base if container.duration else None
        if 0 < start < (length or 0.0) and (
            name in _FROM_ZERO or (name == "flac" and begins_at_zero(self._path, self._span))
        ):
            start = 0.0
        known = name in _STATES_LENGTH and length is not None
        return Timeline(start, length + _SLACK_S if known and length else None)

    def _resampled(self, decoding: Decoding, timeline: Timeline) -> Iterator[Int16Array]:
        """Resample the pieces to 16 kHz, with silence where audio is missing."""
        resample, rate = Resampler(SAMPLE_RATE, self._channels), 0
        for silence, piece in timeline.place(decoding):
            if piece.rate != rate:  # the first piece, or a new rate midway
                yield resample.flush()
                rate = piece.rate
                if rate < _LOWEST_RATE:
                    raise AudioError(
                        f"{self._path} has a sample rate of {rate} Hz, too low for speech."
                    )
                resample = Resampler(rate, self._channels)
            for quiet in _slices(round(silence * rate)):
                yield resample(np.zeros((quiet.stop - quiet.start, self._channels), np.float32))
            for part in _slices(len(piece.samples)):
                yield resample(to_channels(samples_to_float(piece.samples[part]), self._channels))
        yield resample.flush()
        if not timeline.position:
            raise AudioError(f"{self._path} holds no audio that can be decoded.")


class TrackPair:
    """Two mono tracks as the two channels of one recording. Iterate once; see `AudioReading`."""

    __slots__ = ("_tracks",)

    def __init__(self, first: AudioReading, second: AudioReading) -> None:
        self._tracks = (first, second)

    @property
    def gaps(self) -> list[Gap]:
        """Gaps of both tracks in order of time, with overlapping ones merged."""
        found: list[Gap] = []
        each = (gap for track in self._tracks for gap in track.gaps)
        for gap in sorted(each, key=lambda gap: gap.start):
            if found and gap.start <= found[-1].end:
                found[-1] = Gap(found[-1].start, max(found[-1].end, gap.end))
            else:
                found.append(gap)
        return found

    @property
    def seconds(self) -> float:
        """Duration of what was read of the longer track."""
        return max(track.seconds for track in self._tracks)

    @property
    def truncated(self) -> bool:
        """Whether either track ends early or is damaged."""
        return any(track.truncated for track in self._tracks)

    def __iter__(self) -> Iterator[Int16Array]:
        nothing = np.zeros((1, 0), np.int16)
        for sides in zip_longest(*map(in_blocks, self._tracks), fillvalue=nothing):
            both = np.zeros((2, max(side.shape[1] for side in sides)), np.int16)
            for row, side in zip(both, sides, strict=True):
                row[: side.shape[1]] = side[0]
            yield both


def _slices(count: int) -> Iterator[slice]:
    """Split `count` samples into slices of `_SLICE`."""
    for start in range(0, count, _SLICE):
        yield slice(start, min(start + _SLICE, count))


def _name(container: InputContainer) -> str:
    """The first of FFmpeg's names for the container's format."""
    return container.format.name.split(",")[0]
