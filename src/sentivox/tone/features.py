"""What the tone model reads: MFCC and pitch of each frame, alike for training and serving."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from sentivox.tone import mfcc as kaldi
from sentivox.tone import pitch
from sentivox.tone.mfcc import CEPSTRA, FRAME, HOP, MfccExtractor, whole_frame
from sentivox.tone.pitch import PitchExtractor
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

DIMS: Final = CEPSTRA + 2
"""Numbers a frame: the cepstra, then pitch and voicing."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """Everything that decides the numbers; a model remembers those it was trained with."""

    kind: str = "mfcc+pitch"
    sample_rate: int = SAMPLE_RATE
    frame_length: int = FRAME
    frame_shift: int = HOP
    mel_bins: int = CEPSTRA
    cepstra: int = CEPSTRA
    low_hz: float = kaldi.LOW_HZ
    high_hz: float = kaldi.HIGH_HZ
    preemphasis: float = kaldi.PREEMPHASIS
    window: str = "hamming"
    lifter: float = 0.0
    sample_scale: str = "int16"  # -32768…32767 as they are; Kaldi's floor of 1.2e-7 is then silence
    pitch_window: int = pitch.WINDOW
    pitch_low_hz: float = pitch.LOWEST_HZ
    pitch_high_hz: float = pitch.HIGHEST_HZ
    pitch_centre_hz: float = pitch.CENTRE_HZ

    def as_dict(self) -> dict[str, str | int | float]:
        """The settings as a model's sidecar keeps them."""
        return asdict(self)


FEATURES: Final = FeatureSettings()


class FrameExtractor:
    """Turns successive stretches of audio into the frames they complete."""

    __slots__ = ("_mfcc", "_pitch")

    def __init__(self) -> None:
        self._mfcc = MfccExtractor()
        self._pitch = PitchExtractor()

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Frames completed by the next samples, shape (n,): shape (frames, DIMS)."""
        return np.concatenate((self._mfcc(pcm), self._pitch(pcm)), axis=1)


def features(pcm: Int16Array) -> FloatArray:
    """Features of a whole clip: what `FeatureStream` gives for it, number for number.

    Args:
        pcm: shape (n,), mono int16 at 16 kHz.

    Returns:
        shape (max(1, 1 + (n - FRAME) // HOP), DIMS). A clip shorter than one frame is padded
        with zeros at its end to make one.
    """
    return FrameExtractor()(whole_frame(pcm))


class FeatureStream:
    """The frames of one stream's current stretch of speech, each computed once.

    Samples carry absolute numbers; frame k of a stretch begun at `at` covers the samples
    [at + k * HOP, at + k * HOP + FRAME). The last `hold` seconds of frames are kept in an array
    allocated once, so memory does not grow with time.
    """

    __slots__ = ("_at", "_extract", "_frames", "_head", "_held", "_seen")

    def __init__(self, hold: float = 24.0) -> None:
        """Start an empty stretch at sample 0.

        Args:
            hold: seconds of frames that stay available.
        """
        self._frames: FloatArray = np.zeros((int(hold * SAMPLE_RATE) // HOP + 1, DIMS), np.float32)
        self.begin(0)

    def begin(self, at: int) -> None:
        """Forget everything; the next sample appended is absolute sample number `at`."""
        self._at = at
        self._seen = 0  # samples appended
        self._held = 0  # frames computed
        self._head: Int16Array = np.zeros(0, np.int16)  # until the first frame is complete
        self._extract = FrameExtractor()

    def append(self, pcm: Int16Array) -> None:
        """Take the next samples, shape (n,), mono int16 at 16 kHz; only new frames are computed."""
        if len(self._head) < FRAME:
            self._head = np.concatenate((self._head, pcm[: FRAME - len(self._head)]))
        self._seen += len(pcm)
        fresh = self._extract(pcm)
        kept = fresh[-len(self._frames) :]
        first = self._held + len(fresh) - len(kept)
        self._frames[np.arange(first, first + len(kept)) % len(self._frames)] = kept
        self._held += len(fresh)

    def window(self, start: int, stop: int) -> FloatArray:
        """The frames whose samples all lie in the absolute samples [start, stop).

        A span too short to hold a frame gives the one frame that ends last by `stop`; where not
        even that exists (the stretch's first 25 ms), the samples there are, padded with zeros to
        a frame. So the answer rests on samples before `stop` only, however much came after them.
        Samples before the stretch began do not exist and are left out.

        Args:
            start: first sample.
            stop: one past the last sample; more than `start`, at most what was appended.

        Returns:
            A copy, shape (frames, DIMS), at least one frame.

        Raises:
            IndexError: the span is empty, not appended yet, or its frames are no longer held.
        """
        start, stop = max(start, self._at) - self._at, stop - self._at
        if not start < stop <= self._seen:
            raise IndexError(
                f"samples {start + self._at}…{stop + self._at} are not in the stretch "
                f"{self._at}…{self._at + self._seen}"
            )
        if stop < FRAME:
            return features(self._head[:stop])
        last = (stop - FRAME) // HOP
        first = min(-(-start // HOP), last)
        if first < self._held - len(self._frames):
            raise IndexError(f"frames of sample {start + self._at} are no longer held")
        return self._frames[np.arange(first, last + 1) % len(self._frames)]
