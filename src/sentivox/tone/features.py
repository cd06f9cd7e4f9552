"""MFCC, computed frame by frame as the audio arrives, alike for training and serving.

The frames are Kaldi's, through kaldi-native-fbank. Forty cepstra of forty mel bands without
lifter or energy substitution are an orthonormal transform of the log mel spectrum (DCT-II), so
nothing is lost: whoever reads them can go back to the spectrum, for one to floor the noise.

`snip_edges` is on: a frame depends on its own 25 ms and nothing else, neither on samples yet to
come nor on how the audio was cut up.
"""

from dataclasses import asdict, dataclass
from typing import Final

import kaldi_native_fbank as knf
import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

FRAME: Final = 400
"""Samples a frame (25 ms)."""

HOP: Final = 160
"""Samples from one frame to the next (10 ms)."""

DIMS: Final = 40
"""Cepstra a frame."""

_BLOCK: Final = SAMPLE_RATE
"""Samples handed to Kaldi at once, so that a long clip never sits in memory as Python floats."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """Everything that decides the numbers; a model remembers those it was trained with."""

    kind: str = "mfcc"
    sample_rate: int = SAMPLE_RATE
    frame_length: int = FRAME
    frame_shift: int = HOP
    mel_bins: int = DIMS
    cepstra: int = DIMS
    low_hz: float = 20.0
    high_hz: float = 8000.0
    preemphasis: float = 0.97
    window: str = "hamming"
    lifter: float = 0.0
    sample_scale: str = "int16"  # -32768…32767 as they are; Kaldi's floor of 1.2e-7 is then silence

    def as_dict(self) -> dict[str, str | int | float]:
        """The settings as a model's sidecar keeps them."""
        return asdict(self)


FEATURES: Final = FeatureSettings()


class FrameExtractor:
    """Turns successive stretches of audio into the MFCC frames they complete."""

    __slots__ = ("_done", "_mfcc")

    def __init__(self) -> None:
        self._mfcc = knf.OnlineMfcc(_options(FEATURES))
        self._done = 0

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Frames completed by the next samples.

        Args:
            pcm: shape (n,), mono int16 at 16 kHz; any n.

        Returns:
            shape (frames, DIMS); frames is 0 while the first frame is incomplete.
        """
        blocks = [self._accept(pcm[i : i + _BLOCK]) for i in range(0, len(pcm), _BLOCK)]
        if len(blocks) == 1:
            return blocks[0]
        return np.concatenate(blocks) if blocks else np.empty((0, DIMS), np.float32)

    def _accept(self, pcm: Int16Array) -> FloatArray:
        # The binding walks any sequence item by item; a list is what it walks fastest.
        self._mfcc.accept_waveform(SAMPLE_RATE, pcm.astype(np.float32).tolist())
        fresh = self._mfcc.num_frames_ready - self._done
        out = np.empty((fresh, DIMS), np.float32)
        for i in range(fresh):
            out[i] = self._mfcc.get_frame(self._done + i)  # a view on memory that pop() frees
        self._mfcc.pop(fresh)
        self._done += fresh
        return out


def mfcc(pcm: Int16Array) -> FloatArray:
    """MFCC of a whole clip: what `MfccStream` gives for it, number for number.

    Args:
        pcm: shape (n,), mono int16 at 16 kHz.

    Returns:
        shape (max(1, 1 + (n - FRAME) // HOP), DIMS). A clip shorter than one frame is padded
        with zeros at its end to make one.
    """
    if len(pcm) < FRAME:
        pcm = _padded(pcm)
    return FrameExtractor()(pcm)


class MfccStream:
    """The MFCC frames of one stream's current stretch of speech, each computed once.

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
            return mfcc(self._head[:stop])
        last = (stop - FRAME) // HOP
        first = min(-(-start // HOP), last)
        if first < self._held - len(self._frames):
            raise IndexError(f"frames of sample {start + self._at} are no longer held")
        return self._frames[np.arange(first, last + 1) % len(self._frames)]


def _padded(pcm: Int16Array) -> Int16Array:
    return np.concatenate((pcm, np.zeros(FRAME - len(pcm), np.int16)))


def _options(settings: FeatureSettings) -> knf.MfccOptions:
    options = knf.MfccOptions()
    frame = options.frame_opts
    frame.samp_freq = settings.sample_rate
    frame.frame_length_ms = 1000 * settings.frame_length / settings.sample_rate
    frame.frame_shift_ms = 1000 * settings.frame_shift / settings.sample_rate
    frame.preemph_coeff = settings.preemphasis
    frame.window_type = settings.window
    frame.dither = 0.0  # the same audio must give the same numbers
    frame.remove_dc_offset = True
    frame.round_to_power_of_two = True
    frame.snip_edges = True
    options.mel_opts.num_bins = settings.mel_bins
    options.mel_opts.low_freq = settings.low_hz
    options.mel_opts.high_freq = settings.high_hz
    options.num_ceps = settings.cepstra
    options.use_energy = False
    options.cepstral_lifter = settings.lifter
    return options
