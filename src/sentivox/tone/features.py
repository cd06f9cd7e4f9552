"""Features of the tone model: MFCC and pitch of each frame, for both training and serving."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from sentivox.tone import mfcc as kaldi
from sentivox.tone import pitch
from sentivox.tone.mfcc import CEPSTRA, MFCC_FRAME, MFCC_HOP, MfccExtractor, whole_frame
from sentivox.tone.pitch import PitchExtractor
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

DIMS: Final = CEPSTRA + 2
"""Features per frame: the cepstra, then pitch and voicing."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """All settings that determine the features; a model's sidecar holds those it was trained with.

    Lengths are in samples, frequencies in Hz.
    """

    kind: str = "mfcc+pitch"
    sample_rate: int = SAMPLE_RATE
    frame_length: int = MFCC_FRAME
    frame_shift: int = MFCC_HOP
    mel_bins: int = CEPSTRA
    cepstra: int = CEPSTRA
    low_hz: float = kaldi.LOW_HZ
    high_hz: float = kaldi.HIGH_HZ
    preemphasis: float = kaldi.PREEMPHASIS
    window: str = "hamming"
    lifter: float = 0.0
    sample_scale: str = "int16"  # samples unscaled, so that Kaldi's floor of 1.2e-7 is silence
    pitch_window: int = pitch.PITCH_WINDOW
    pitch_low_hz: float = pitch.LOWEST_HZ
    pitch_high_hz: float = pitch.HIGHEST_HZ
    pitch_centre_hz: float = pitch.CENTRE_HZ

    def as_dict(self) -> dict[str, str | int | float]:
        """The settings by name, as in a model's sidecar."""
        return asdict(self)


FEATURES: Final = FeatureSettings()
"""The settings of the features computed by this version of Sentivox."""


class FrameExtractor:
    """Computes features incrementally, from successive pieces of audio."""

    __slots__ = ("_mfcc", "_pitch")

    def __init__(self) -> None:
        self._mfcc = MfccExtractor()
        self._pitch = PitchExtractor()

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Take the next samples, shape (n,); return the frames they complete, (frames, DIMS)."""
        return np.concatenate((self._mfcc(pcm), self._pitch(pcm)), axis=1)


def features(pcm: Int16Array) -> FloatArray:
    """Features of a whole clip, identical to those that `FeatureStream` gives for it.

    Args:
        pcm: Shape (n,), mono int16 at 16 kHz.

    Returns:
        Shape (max(1, 1 + (n - FRAME) // HOP), DIMS). A clip shorter than one frame is padded with
        zeros at its end.
    """
    return FrameExtractor()(whole_frame(pcm))


class FeatureStream:
    """Features of one stream's current stretch of speech, each frame computed once.

    Sample numbers are absolute. Frame k of a stretch that begins at sample `at` covers the samples
    [at + k * HOP, at + k * HOP + FRAME). The last `hold` seconds of frames are kept in a
    pre-allocated array, so memory does not grow with time.
    """

    __slots__ = ("_at", "_extract", "_frames", "_head", "_held", "_seen")

    def __init__(self, hold: float = 24.0) -> None:
        """Start an empty stretch at sample 0.

        Args:
            hold: Seconds of frames that stay available.
        """
        self._frames: FloatArray = np.zeros(
            (int(hold * SAMPLE_RATE) // MFCC_HOP + 1, DIMS), np.float32
        )
        self.begin(0)

    def begin(self, at: int) -> None:
        """Start a new stretch; the next sample appended has the absolute number `at`."""
        self._at = at
        self._seen = 0  # samples appended
        self._held = 0  # frames computed
        self._head: Int16Array = np.zeros(0, np.int16)  # samples of the first frame
        self._extract = FrameExtractor()

    def append(self, pcm: Int16Array) -> None:
        """Take the next samples, shape (n,), mono int16 at 16 kHz, and compute the new frames."""
        if len(self._head) < MFCC_FRAME:
            self._head = np.concatenate((self._head, pcm[: MFCC_FRAME - len(self._head)]))
        self._seen += len(pcm)
        fresh = self._extract(pcm)
        kept = fresh[-len(self._frames) :]
        first = self._held + len(fresh) - len(kept)
        self._frames[np.arange(first, first + len(kept)) % len(self._frames)] = kept
        self._held += len(fresh)

    def window(self, start: int, stop: int) -> FloatArray:
        """The frames that lie entirely within the absolute samples [start, stop).

        A span too short for a frame gives the last frame that ends by `stop`. If there is none (in
        the first 25 ms of the stretch), the samples so far are padded with zeros to a frame. So the
        result depends only on samples before `stop`, no matter how many were appended after them.
        Samples before the start of the stretch are left out.

        Args:
            start: First sample.
            stop: One past the last sample; above `start`, and at most what was appended.

        Returns:
            A copy, shape (frames, DIMS), with at least one frame.

        Raises:
            IndexError: The span is empty, not appended yet, or no longer held.
        """
        start, stop = max(start, self._at) - self._at, stop - self._at
        if not start < stop <= self._seen:
            raise IndexError(
                f"samples {start + self._at}…{stop + self._at} are not in the stretch "
                f"{self._at}…{self._at + self._seen}"
            )
        if stop < MFCC_FRAME:
            return features(self._head[:stop])
        last = (stop - MFCC_FRAME) // MFCC_HOP
        first = min(-(-start // MFCC_HOP), last)
        if first < self._held - len(self._frames):
            raise IndexError(f"frames of sample {start + self._at} are no longer held")
        return self._frames[np.arange(first, last + 1) % len(self._frames)]
