"""One track of a recording as 16 kHz int16, each sample in its place in time."""

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
from sentivox.audio.containers import Span
from sentivox.audio.decoding import Decoding
from sentivox.audio.flac import begins_at_zero
from sentivox.audio.mending import open_track
from sentivox.audio.resample import Resampler
from sentivox.audio.samples import in_blocks, to_channels, to_float
from sentivox.audio.timeline import Gap, Timeline
from sentivox.audio.tracks import length_s, start_s
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array

_STATES_LENGTH: Final = frozenset({"flac", "matroska", "mov", "mpegts", "ogg", "wav"})
"""Formats whose length is known; of the others FFmpeg only guesses it."""

_ENDS_ANYWHERE: Final = frozenset({"mpegts", "ogg"})
"""Of these it is that of what is there: it does not show whether something is missing."""

_FROM_ZERO: Final = frozenset({"matroska", "mov"})
"""Formats whose clock begins at 0, whatever comes first. Others begin at any number."""

_SHORTFALL_S: Final = 0.1
_SLACK_S: Final = 1.0

_LOWEST_RATE: Final = 1000
"""Hz. At less, one frame of a damaged or hostile file would fill the memory once resampled."""

_SLICE: Final = 1 << 15
"""Samples a channel that are resampled at a time: at 1 kHz, 16 times as many come out."""


class AudioReading:
    """One track, from its beginning; iterate once.

    Iterating yields int16 of shape (channels, n), n as it comes.

    Args:
        path: The file.
        span: The part of it to read, or None for all.
        index: Of the stream.
        channels: 1 or 2.

    Attributes:
        gaps: Where silence stands for what is missing, in seconds.
        seconds: Read so far.
        truncated: The track ends too early or is damaged, as far as it was read.

    Raises:
        AudioError: while iterating: nothing decodes.
    """

    __slots__ = ("_channels", "_index", "_path", "_span", "gaps", "seconds", "truncated")

    def __init__(self, path: Path, span: Span | None, index: int, channels: int) -> None:
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
                # Sound that begins after the picture is not missing.
                late = len(container.streams) > 1
                self.gaps = [gap for gap in timeline.gaps if gap.start > 0 or lacking or not late]
                self.truncated = decoding.damaged or timeline.wrong
            name, declared = _name(container), length_s(container, stream) or 0.0
            if name in _STATES_LENGTH - _ENDS_ANYWHERE:
                self.truncated |= self.seconds < declared - _SHORTFALL_S
            self.truncated |= name == "flac" and bool(self.gaps)  # it knows no pauses

    def _timeline(self, container: InputContainer) -> Timeline:
        name = _name(container)
        if name in COUNTED:  # what holes held is never more than their bytes are worth
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
        resample, rate = Resampler(SAMPLE_RATE, self._channels), 0
        for silence, piece in timeline.place(decoding):
            if piece.rate != rate:  # the first piece, or a new rate midway
                yield resample.flush()
                rate = piece.rate
                if rate < _LOWEST_RATE:
                    raise AudioError(f"{self._path} has {rate} samples a second: no speech.")
                resample = Resampler(rate, self._channels)
            for quiet in _slices(round(silence * rate)):
                yield resample(np.zeros((quiet.stop - quiet.start, self._channels), np.float32))
            for part in _slices(len(piece.samples)):
                yield resample(to_channels(to_float(piece.samples[part]), self._channels))
        yield resample.flush()
        if not timeline.position:
            raise AudioError(f"{self._path} holds no audio that can be decoded.")


class Sides:
    """Two tracks as the two channels of one recording; iterate once. See `AudioReading`."""

    __slots__ = ("_tracks",)

    def __init__(self, first: AudioReading, second: AudioReading) -> None:
        self._tracks = (first, second)

    @property
    def gaps(self) -> list[Gap]:
        """Of either track, in the order of time; those that overlap are one."""
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
        """Of the longer track."""
        return max(track.seconds for track in self._tracks)

    @property
    def truncated(self) -> bool:
        """Whether either track is."""
        return any(track.truncated for track in self._tracks)

    def __iter__(self) -> Iterator[Int16Array]:
        nothing = np.zeros((1, 0), np.int16)
        for sides in zip_longest(*map(in_blocks, self._tracks), fillvalue=nothing):
            both = np.zeros((2, max(side.shape[1] for side in sides)), np.int16)
            for row, side in zip(both, sides, strict=True):
                row[: side.shape[1]] = side[0]
            yield both


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, count, _SLICE):
        yield slice(start, min(start + _SLICE, count))


def _name(container: InputContainer) -> str:
    return container.format.name.split(",")[0]
