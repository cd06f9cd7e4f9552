"""Decide how a file is read, from its tracks and the sound on its channels."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, cast

import numpy as np
from av.audio.stream import AudioStream

from sentivox.audio.containers import ByteSpan, open_recording
from sentivox.audio.joined import MAX_RECORDINGS, joined_recordings
from sentivox.audio.reading import AudioReading, TrackPair
from sentivox.audio.samples import BLOCK_SAMPLES, SILENCE_PEAK_TO_PEAK, in_blocks
from sentivox.audio.stereo import same_voice
from sentivox.audio.tracks import (
    TrackChoice,
    TrackRequest,
    audio_streams,
    check_tracks,
    choose_tracks,
)
from sentivox.errors import AudioError
from sentivox.types import SAMPLE_RATE, Int16Array

_SEARCHED: Final = 600 * SAMPLE_RATE // BLOCK_SAMPLES
"""Blocks (ten minutes) of a track that are searched for sound before another is tried."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read.

    Attributes:
        path: The file.
        wanted: The track that the user asked for.
        spans: Where the recordings in the file are; most files hold one.
        choice: The tracks of the first recording that are decoded.
        channels: Number of channels that are decoded: 1 or 2.
        sign: Sign of the second channel where two are mixed: 1 or -1; 0 where they are not.
        notes: One line each on what is changed or left out.
    """

    path: Path
    wanted: TrackRequest
    spans: list[ByteSpan]
    choice: TrackChoice
    channels: int
    sign: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def make(cls, path: Path, wanted: TrackRequest, *, mixdown: bool) -> "Plan":
        """Examine a file and decide how to read it.

        Raises:
            AudioError: it cannot be read, or has no such track.
        """
        spans = joined_recordings(path)
        choice, channels = _chosen(path, spans[0] if len(spans) > 1 else None, wanted)
        notes = [] if choice.note is None else [choice.note]
        if channels > 2:
            notes.append(f"{channels} channels were mixed to mono.")
        if len(spans) > 1:
            notes.append(f"{len(spans)} recordings in one file were read one after the other.")
        if len(spans) == MAX_RECORDINGS:
            notes.append("If there are more, they were left out.")
        plan = cls(path, wanted, spans, choice, channels if channels == 2 else 1)
        sign = plan._same_voice() if plan.channels == 2 else 0
        if sign and not mixdown:
            how = "both channels carry the same audio" + (", one inverted" if sign < 0 else "")
            notes.append(f"{how}: they were mixed into one.")
        if mixdown and plan.channels == 2:
            sign = sign or 1
        return replace(plan, sign=sign, notes=tuple(f"{path}: {note}" for note in notes))

    def reading(self, number: int) -> AudioReading | TrackPair:
        """Return an iterable over the samples of recording `number`, counted from 0.

        Raises:
            AudioError: it cannot be read.
        """
        span = self.spans[number] if len(self.spans) > 1 else None
        choice = self.choice if number == 0 else _chosen(self.path, span, self.wanted)[0]
        each = 1 if len(choice.indexes) == 2 else self.channels
        readings = [AudioReading(self.path, span, index, each) for index in choice.indexes]
        return TrackPair(*readings) if len(readings) == 2 else readings[0]

    def _same_voice(self) -> int:
        """Return `same_voice` of the whole file; 0 if it cannot be decoded."""

        def pieces() -> Iterator[Int16Array]:
            for number in range(len(self.spans)):
                yield from self.reading(number)

        try:
            return same_voice(in_blocks(pieces()))
        except AudioError:
            return 0


def _chosen(path: Path, span: ByteSpan | None, wanted: TrackRequest) -> tuple[TrackChoice, int]:
    """Choose the tracks of a recording to decode, and count their channels."""
    with open_recording(path, span) as container:
        check_tracks(path, audio_streams(container), wanted)
        choice = choose_tracks(
            container, wanted, lambda stream: _has_sound(path, span, stream.index)
        )
        streams = [cast("AudioStream", container.streams[index]) for index in choice.indexes]
        if len(streams) == 2:
            return choice, 2
        return choice, streams[0].codec_context.channels


def _has_sound(path: Path, span: ByteSpan | None, index: int) -> bool:
    """Whether a track has sound in its first ten minutes."""
    try:
        blocks = in_blocks(AudioReading(path, span, index, 1))
        searched = islice(blocks, _SEARCHED)
        return any(int(np.ptp(block.astype(np.int32))) > SILENCE_PEAK_TO_PEAK for block in searched)
    except AudioError:
        return False
