"""Pitch and voicing of each MFCC frame: what the mel bands are too coarse to show.

The fundamental frequency is that of the highest peak of the frame's normalised autocorrelation,
divided by the window's own, with a small cost an octave down against subharmonics: Boersma 1993,
"Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", less the path search, since the network that reads it has an eye for paths.
Height of the peak is voicing. Only what is below 2 kHz is looked at, so that telephone lines and
hiss change little.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentivox.tone.mfcc import FRAME, HOP
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

WINDOW: Final = 640
"""Samples looked at (40 ms, 2.5 periods of the lowest voice), up to the end of the MFCC frame."""

LOWEST_HZ: Final = 62.5
HIGHEST_HZ: Final = 500.0
CENTRE_HZ: Final = 125.0
"""Pitch is given in octaves above this."""

_REACH: Final = WINDOW - FRAME  # samples before the MFCC frame
_FFT: Final = 1024  # the window and the longest lag, without wrapping round
_RATE: Final = SAMPLE_RATE // 2  # of the autocorrelation: half the spectrum is enough
_CUT: Final = round(2000 / (SAMPLE_RATE / _FFT))  # first bin that is not looked at
_SHORTEST, _LONGEST = round(_RATE / HIGHEST_HZ), round(_RATE / LOWEST_HZ)
_LAGS: Final = _LONGEST + 4
_OCTAVE_COST: Final = 0.03
_SILENCE: Final = 0.25  # power, in int16 steps squared, that keeps silence unvoiced

_HANN: Final = np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32)


def _window_correlation() -> FloatArray:
    """The window's normalised autocorrelation at each lag of `_RATE`."""
    whole = np.fft.irfft(np.abs(np.fft.rfft(_HANN, 2 * _FFT)) ** 2)
    return (whole[: 2 * _LAGS : 2] / whole[0]).astype(np.float32)


_CORRELATION: Final = _window_correlation()
_PEAKS: Final = np.arange(_SHORTEST, _LONGEST)
_COST: Final = (_OCTAVE_COST * np.log2(_PEAKS / _SHORTEST)).astype(np.float32)


class PitchExtractor:
    """Turns successive stretches of audio into the pitch of the MFCC frames they complete."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail: Int16Array = np.zeros(_REACH, np.int16)  # before the beginning it was silent

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Pitch and voicing of the frames completed by the next samples.

        Args:
            pcm: shape (n,), mono int16 at 16 kHz; any n.

        Returns:
            shape (frames, 2): octaves above CENTRE_HZ (0 where there is no peak at all), and
            voicing 0…1.
        """
        held = np.concatenate((self._tail, pcm))
        frames = max(0, (len(held) - WINDOW) // HOP + 1)
        self._tail = held[frames * HOP :]
        if not frames:
            return np.empty((0, 2), np.float32)
        spans = sliding_window_view(held, WINDOW)[::HOP][:frames].astype(np.float32)
        return _pitch(_autocorrelation(spans))


def _autocorrelation(spans: FloatArray) -> FloatArray:
    """Of each row, below 2 kHz, divided by the window's: shape (frames, _LAGS), 1 at lag 0."""
    centred = spans - spans.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred * _HANN, _FFT)[:, : _FFT // 4 + 1]
    power = spectrum.real**2 + spectrum.imag**2
    power[:, _CUT:] = 0
    power[:, : round(LOWEST_HZ / 1.5 / (SAMPLE_RATE / _FFT))] = 0
    raw = np.fft.irfft(power, _FFT // 2)[:, :_LAGS]
    return (raw / (raw[:, :1] + _SILENCE) / _CORRELATION).astype(np.float32)


def _pitch(correlation: FloatArray) -> FloatArray:
    """Lag and height of the best peak of each row, both refined by a parabola.

    Refined before they are compared: a lag is a whole number of samples and a period is not, so
    a short period's own peak may be cut lower than that of its multiple.
    """
    here = correlation[:, _PEAKS]
    before, after = correlation[:, _PEAKS - 1], correlation[:, _PEAKS + 1]
    peaks = (here > before) & (here >= after)
    bend = np.where(peaks, before - 2 * here + after, -1)
    shift = 0.5 * (before - after) / bend
    height = here - 0.25 * (before - after) * shift
    worth = np.where(peaks, height - _COST, -np.inf)
    best = worth.argmax(axis=1)
    rows = np.arange(len(best))
    octaves = np.log2(_RATE / (_PEAKS[best] + shift[rows, best]) / CENTRE_HZ)
    out = np.stack([octaves, np.clip(height[rows, best], 0, 1)], axis=1)
    return np.where(peaks[rows, best, None], out, 0).astype(np.float32)
