"""The first guard against text that nobody said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.asr.guard import reject
from sentivox.types import Int16Array


def hum(seconds: float, swing: int = 1000) -> Int16Array:
    audio = np.zeros(round(seconds * 16_000), np.int16)
    audio[::2] = swing
    return audio


@pytest.mark.parametrize(
    ("text", "audio", "reason"),
    [
        ("no", hum(0.3), None),
        ("no", hum(0.29), "too_short"),
        ("", hum(0.0), "too_short"),
        ("a b c d e f g", hum(1.0), None),
        ("a b c d e f g h", hum(1.0), "too_many_words"),
        ("great", hum(1.0, swing=16), None),
        ("great", hum(1.0, swing=15), "silence"),
        ("a b", np.array([-32768, 32767] * 4000, np.int16), None),
    ],
)
def test_reasons(text: str, audio: Int16Array, reason: str | None) -> None:
    assert reject(text, audio) == reason


@given(st.floats(0.3, 30))
def test_a_single_word_is_never_too_many(seconds: float) -> None:
    assert reject("no", hum(seconds)) is None
