"""MFCC as in Kaldi, computed frame by frame as audio arrives, by kaldi-native-fbank.

Forty cepstra of forty mel bands, without lifter or energy substitution, are an orthonormal
transform of the log mel spectrum (DCT-II). So nothing is lost, and a model can recover the
spectrum, for example to floor the noise.

`snip_edges` is on, so a frame depends on its own 25 ms only, neither on later samples nor on how
the audio was divided.
"""

from typing import Final

import kaldi_native_fbank as knf
import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

MFCC_FRAME: Final = 400
"""Samples per frame (25 ms)."""

MFCC_HOP: Final = 160
"""Samples from one frame to the next (10 ms)."""

CEPSTRA: Final = 40
"""Cepstra per frame; equal to the number of mel bands."""

LOW_HZ: Final = 20.0
HIGH_HZ: Final = 8000.0
PREEMPHASIS: Final = 0.97

_BLOCK: Final = SAMPLE_RATE
"""Most samples given to Kaldi at a time, because each becomes a Python float."""


class MfccExtractor:
    """Computes MFCC incrementally, from successive pieces of audio."""

    __slots__ = ("_done", "_mfcc")

    def __init__(self) -> None:
        self._mfcc = knf.OnlineMfcc(_options())
        self._done = 0

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Take the next samples, and return the frames they complete.

        Args:
            pcm: Shape (n,), mono int16 at 16 kHz; any n.

        Returns:
            Shape (frames, CEPSTRA); frames is 0 while the first frame is incomplete.
        """
        blocks = [self._accept(pcm[i : i + _BLOCK]) for i in range(0, len(pcm), _BLOCK)]
        if len(blocks) == 1:
            return blocks[0]
        return np.concatenate(blocks) if blocks else np.empty((0, CEPSTRA), np.float32)

    def _accept(self, pcm: Int16Array) -> FloatArray:
        # The binding reads any sequence item by item, and a list fastest.
        self._mfcc.accept_waveform(SAMPLE_RATE, pcm.astype(np.float32).tolist())
        fresh = self._mfcc.num_frames_ready - self._done
        out = np.empty((fresh, CEPSTRA), np.float32)
        for i in range(fresh):
            out[i] = self._mfcc.get_frame(self._done + i)  # a view of memory that pop() frees
        self._mfcc.pop(fresh)
        self._done += fresh
        return out


def mfcc(pcm: Int16Array) -> FloatArray:
    """MFCC of a whole clip.

    Args:
        pcm: Shape (n,), mono int16 at 16 kHz.

    Returns:
        Shape (max(1, 1 + (n - MFCC_FRAME) // MFCC_HOP), CEPSTRA). A clip shorter than one frame is
        padded with zeros at its end.
    """
    return MfccExtractor()(whole_frame(pcm))


def whole_frame(pcm: Int16Array) -> Int16Array:
    """The clip, shape (n,), padded with zeros at its end to at least one frame."""
    return np.concatenate((pcm, np.zeros(max(0, MFCC_FRAME - len(pcm)), np.int16)))


def _options() -> knf.MfccOptions:
    options = knf.MfccOptions()
    frame = options.frame_opts
    frame.samp_freq = SAMPLE_RATE
    frame.frame_length_ms = 1000 * MFCC_FRAME / SAMPLE_RATE
    frame.frame_shift_ms = 1000 * MFCC_HOP / SAMPLE_RATE
    frame.preemph_coeff = PREEMPHASIS
    frame.window_type = "hamming"
    frame.dither = 0.0  # no random noise: the same audio must give the same features
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
