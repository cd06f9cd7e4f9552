"""Read recordings of any format, rate and length as blocks of 16 kHz int16."""

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sentivox.audio.containers import open_recording
from sentivox.audio.plan import Plan
from sentivox.audio.samples import SILENCE_PEAK_TO_PEAK, in_blocks, mixed
from sentivox.audio.timeline import MAX_GAPS, Gap
from sentivox.audio.tracks import TrackRequest, audio_streams, check_tracks, length_s
from sentivox.audio.truncation import is_truncated
from sentivox.errors import AudioError
from sentivox.system.atomic import write_whole
from sentivox.types import SAMPLE_RATE, Int16Array


class AudioFile:
    """A recording on disk: audio, or a video's sound track. It can be iterated repeatedly.

    Iterating yields int16 blocks of shape (channels, n) at 16 kHz, where n is 8000 (0.5 s) except
    in the last block. Memory does not depend on the length. The samples begin and end where the
    recording does: encoder delay and padding are removed wherever the format states them. (Raw
    AAC, AAC in Matroska and headerless MP3 do not, and are up to 0.05 s too long.) Missing audio
    becomes silence, so that times are those of the file's clock.

    Args:
        path: The file.
        mixdown: Mix two channels into one. More than two are always mixed.
        track: Which audio track, counted from 1; "all" makes two tracks two channels. None takes
            the best track that can be decoded and is not silent, or both of two mono tracks of
            similar length, as two speakers.

    Attributes:
        path: The file, as given.
        track: The track, as asked for.
        duration: Seconds as the file declares, or None. An estimate: only decoding is exact.
        gaps: Where silence stands in for missing audio; complete after iterating.
        truncated: Whether the file ends early or is damaged, so that only what could be decoded
            was yielded; known after iterating.

    Raises:
        AudioError: there is no such file or track, or it is not audio. Iterating raises it if
            nothing can be decoded.
    """

    __slots__ = ("_heard", "_mixdown", "_plan", "duration", "gaps", "path", "track", "truncated")

    def __init__(self, path: Path | str, mixdown: bool = False, track: TrackRequest = None) -> None:
        self.path = Path(path)
        self.truncated = False
        self.gaps: tuple[Gap, ...] = ()
        self._mixdown = mixdown
        self.track: TrackRequest = track
        self._plan: Plan | None = None
        self._heard: tuple[str, ...] = ()
        with open_recording(self.path) as container:
            streams = audio_streams(container)
            check_tracks(self.path, streams, track)
            lengths = [length_s(container, stream) for stream in streams]
            self.duration = max((s for s in lengths if s is not None), default=None)

    @property
    def channels(self) -> int:
        """Number of channels: 1 or 2.

        The first access decodes as much as it takes to see whether two channels carry one voice.
        """
        plan = self._made()
        return 1 if plan.sign else plan.channels

    @property
    def notes(self) -> tuple[str, ...]:
        """One line each on what was changed or left out; complete after iterating."""
        return self._made().notes + self._heard

    def __iter__(self) -> Iterator[Int16Array]:
        """Yield the blocks from the beginning of the recording."""
        plan = self._made()
        self.truncated = is_truncated(self.path, plan.spans[-1])
        self.gaps, self._heard = (), ()
        loudest = np.zeros(plan.channels, np.int64)
        for block in in_blocks(self._pieces(plan)):
            loudest = np.maximum(loudest, np.ptp(block.astype(np.int32), axis=1))
            yield mixed(block, plan.sign) if plan.sign else block
        silent = np.flatnonzero(loudest <= SILENCE_PEAK_TO_PEAK)
        if plan.channels == 2 and len(silent) == 1:
            self._heard += (f"{self.path}: channel {silent[0] + 1} is silent.",)

    def _pieces(self, plan: Plan) -> Iterator[Int16Array]:
        """Yield all recordings in the file one after the other, and collect gaps and notes."""
        before = 0.0
        for number in range(len(plan.spans)):
            try:
                reading = plan.reading(number)
                yield from reading
            except AudioError as error:
                if number == 0:
                    raise
                self._heard += (f"{error} It is recording {number + 1} in that file.",)
                self.truncated = True
                continue
            gaps = (Gap(before + gap.start, before + gap.end) for gap in reading.gaps)
            self.gaps = (*self.gaps, *gaps)[:MAX_GAPS]
            self.truncated |= reading.truncated
            before += reading.seconds

    def _made(self) -> Plan:
        """The plan for reading the file, made on first use."""
        if self._plan is None:
            self._plan = Plan.make(self.path, self.track, mixdown=self._mixdown)
        return self._plan


def write_wav(
    path: Path | str, pcm: Int16Array, rate: int = SAMPLE_RATE, *, mode: int | None = None
) -> None:
    """Write a 16-bit WAV file, completely or not at all.

    Args:
        path: The file.
        pcm: The samples, shape (n,) or (channels, n).
        rate: Sample rate in Hz.
        mode: Permissions of a new file; by default those that the umask leaves.

    Raises:
        AudioError: the file cannot be written.
    """
    frames = np.atleast_2d(pcm).T
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(frames.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(frames.astype("<i2").tobytes())
    try:
        write_whole(Path(path), file.getvalue(), mode=mode)
    except OSError as error:
        raise AudioError(f"{path} cannot be written: {error.strerror}.") from error
