"""Whole clips, cut up as serving cuts them."""

import numpy as np
import pytest

from sentivox.tone.clips import trim, window_bounds
from sentivox.types import Int16Array


def burst(lead: float = 1.0, tone: float = 0.5, tail: float = 1.0) -> Int16Array:
    """Faint hiss, then a chord, then hiss."""
    rng = np.random.default_rng(0)
    n = int((lead + tone + tail) * 16_000)
    t = np.arange(n) / 16_000
    on = (t >= lead) & (t < lead + tone)
    chord = sum(np.sin(2 * np.pi * f * t) for f in (300, 900, 2500, 5000))
    return np.round(3 * rng.standard_normal(n) + 3000 * on * chord).astype(np.int16)


def test_trimming_keeps_speech_and_its_margins() -> None:
    kept = len(trim(burst())) / 16_000
    assert kept == pytest.approx(0.3 + 0.5 + 0.2, abs=0.05)


def test_windows_grow_and_then_slide() -> None:
    assert window_bounds(30) == [(0, 30)]
    assert window_bounds(120) == [(0, 50), (0, 100)]
    assert window_bounds(410)[-3:] == [(0, 300), (50, 350), (100, 400)]
