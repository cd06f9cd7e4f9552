"""MFCC, computed frame by frame as the audio arrives: Kaldi's, through kaldi-native-fbank.

Forty cepstra of forty mel bands without lifter or energy substitution are an orthonormal
transform of the log mel spectrum (DCT-II), so nothing is lost: whoever reads them can go back to
the spectrum, for one to floor the noise.

`snip_edges` is on: a frame depends on its own 25 ms and nothing else, neither on samples yet to
come nor on how the audio was cut up.
"""

from typing import Final

import kaldi_native_fbank as knf
import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

FRAME: Final = 400
"""Samples a frame (25 ms)."""

HOP: Final = 160
"""Samples from one frame to the next (10 ms)."""

CEPSTRA: Final = 40
"""Cepstra a frame, as many as mel bands."""

LOW_HZ: Final = 20.0
HIGH_HZ: Final = 8000.0
PREEMPHASIS: Final = 0.97

_BLOCK: Final = SAMPLE_RATE
"""Samples handed to Kaldi at once, so that a long clip never sits in memory as Python floats."""


class MfccExtractor:
    """Turns successive stretches of audio into the MFCC frames they complete."""

    __slots__ = ("_done", "_mfcc")

    def __init__(self) -> None:
        self._mfcc = knf.OnlineMfcc(_options())
        self._done = 0

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Frames completed by the next samples.

        Args:
            pcm: shape (n,), mono int16 at 16 kHz; any n.

        Returns:
            shape (frames, CEPSTRA); frames is 0 while the first frame is incomplete.
        """
        blocks = [self._accept(pcm[i : i + _BLOCK]) for i in range(0, len(pcm), _BLOCK)]
        if len(blocks) == 1:
            return blocks[0]
        return np.concatenate(blocks) if blocks else np.empty((0, CEPSTRA), np.float32)

    def _accept(self, pcm: Int16Array) -> FloatArray:
        # The binding walks any sequence item by item; a list is what it walks fastest.
        self._mfcc.accept_waveform(SAMPLE_RATE, pcm.astype(np.float32).tolist())
        fresh = self._mfcc.num_frames_ready - self._done
        out = np.empty((fresh, CEPSTRA), np.float32)
        for i in range(fresh):
            out[i] = self._mfcc.get_frame(self._done + i)  # a view on memory that pop() frees
        self._mfcc.pop(fresh)
        self._done += fresh
        return out


def mfcc(pcm: Int16Array) -> FloatArray:
    """MFCC of a whole clip.

    Args:
        pcm: shape (n,), mono int16 at 16 kHz.

    Returns:
        shape (max(1, 1 + (n - FRAME) // HOP), CEPSTRA). A clip shorter than one frame is padded
        with zeros at its end to make one.
    """
    return MfccExtractor()(whole_frame(pcm))


def whole_frame(pcm: Int16Array) -> Int16Array:
    """The clip, padded with zeros at its end where it is shorter than one frame."""
    return np.concatenate((pcm, np.zeros(max(0, FRAME - len(pcm)), np.int16)))


def _options() -> knf.MfccOptions:
    options = knf.MfccOptions()
    frame = options.frame_opts
    frame.samp_freq = SAMPLE_RATE
    frame.frame_length_ms = 1000 * FRAME / SAMPLE_RATE
    frame.frame_shift_ms = 1000 * HOP / SAMPLE_RATE
    frame.preemph_coeff = PREEMPHASIS
    frame.window_type = "hamming"
    frame.dither = 0.0  # the same audio must give the same numbers
    frame.remove_dc_offset = True
    frame.round_to_power_of_two = True
    frame.snip_edges = True
    options.mel_opts.num_bins = CEPSTRA
    options.mel_opts.low_freq = LOW_HZ
    options.mel_opts.high_freq = HIGH_HZ
    options.num_ceps = CEPSTRA
    options.use_energy = False
    options.cepstral_lifter = 0.0
    return options
