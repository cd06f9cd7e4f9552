"""Pitch and voicing of each MFCC frame, which mel bands are too coarse to show.

The fundamental frequency is taken from the highest peak of the frame's normalised autocorrelation,
divided by that of the window function, with a small cost per octave downwards against
subharmonics. The method is that of Boersma 1993, "Accurate short-term analysis of the fundamental
frequency and the harmonics-to-noise ratio of a sampled sound", without its path search, which the
network can do better. The height of the peak is the voicing. Only frequencies below 2 kHz are used,
so that telephone bandwidth and hiss have little effect.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sentivox.tone.mfcc import MFCC_FRAME, MFCC_HOP
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array

PITCH_WINDOW: Final = 640
"""Samples per window (40 ms, 2.5 periods of the lowest pitch); it ends with the MFCC frame."""

LOWEST_HZ: Final = 62.5
HIGHEST_HZ: Final = 500.0
CENTRE_HZ: Final = 125.0
"""Reference frequency, in Hz: pitch is in octaves above this."""

_REACH: Final = (
    PITCH_WINDOW - MFCC_FRAME
)  # samples by which the window starts before the MFCC frame
_FFT: Final = 1024  # long enough for the window and the longest lag without wrap-around
_RATE: Final = SAMPLE_RATE // 2  # Hz, of the autocorrelation: half the spectrum is enough
_CUT: Final = round(2000 / (SAMPLE_RATE / _FFT))  # first FFT bin above 2 kHz
_SHORTEST, _LONGEST = round(_RATE / HIGHEST_HZ), round(_RATE / LOWEST_HZ)
_LAGS: Final = _LONGEST + 4
_OCTAVE_COST: Final = 0.03
_SILENCE: Final = 0.25  # power, in int16 steps squared, added to keep silence unvoiced

_HANN: Final = np.hanning(PITCH_WINDOW + 1)[:PITCH_WINDOW].astype(np.float32)


def _window_correlation() -> FloatArray:
    """The normalised autocorrelation of the Hann window at lags in samples of `_RATE`: (_LAGS,)."""
    whole = np.fft.irfft(np.abs(np.fft.rfft(_HANN, 2 * _FFT)) ** 2)
    return (whole[: 2 * _LAGS : 2] / whole[0]).astype(np.float32)


_CORRELATION: Final = _window_correlation()
_PEAKS: Final = np.arange(_SHORTEST, _LONGEST)
_COST: Final = (_OCTAVE_COST * np.log2(_PEAKS / _SHORTEST)).astype(np.float32)


class PitchExtractor:
    """Computes pitch and voicing of MFCC frames incrementally, from successive pieces of audio."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail: Int16Array = np.zeros(_REACH, np.int16)  # silence before the first sample

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Take the next samples, and return pitch and voicing of the frames they complete.

        Args:
            pcm: Shape (n,), mono int16 at 16 kHz; any n.

        Returns:
            Shape (frames, 2): pitch in octaves above CENTRE_HZ (0 if there is no peak at all), and
            voicing, 0…1.
        """
        held = np.concatenate((self._tail, pcm))
        frames = max(0, (len(held) - PITCH_WINDOW) // MFCC_HOP + 1)
        self._tail = held[frames * MFCC_HOP :]
        if not frames:
            return np.empty((0, 2), np.float32)
        spans = sliding_window_view(held, PITCH_WINDOW)[::MFCC_HOP][:frames].astype(np.float32)
        return _pitch(_autocorrelation(spans))


def _autocorrelation(spans: FloatArray) -> FloatArray:
    """Normalised autocorrelation below 2 kHz of spans of shape (frames, PITCH_WINDOW).

    The result is divided by the autocorrelation of the window: shape (frames, _LAGS), 1 at lag 0.
    """
    centred = spans - spans.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred * _HANN, _FFT)[:, : _FFT // 4 + 1]
    power = spectrum.real**2 + spectrum.imag**2
    power[:, _CUT:] = 0
    power[:, : round(LOWEST_HZ / 1.5 / (SAMPLE_RATE / _FFT))] = 0
    raw = np.fft.irfft(power, _FFT // 2)[:, :_LAGS]
    return (raw / (raw[:, :1] + _SILENCE) / _CORRELATION).astype(np.float32)


def _pitch(correlation: FloatArray) -> FloatArray:
    """Pitch and voicing, shape (frames, 2), from the best peak of each row of autocorrelations.

    The lags and heights of peaks are refined by a parabola before they are compared. Lags are whole
    numbers of samples and periods are not, so a short period's sampled peak may be lower than that
    of its multiple.
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
