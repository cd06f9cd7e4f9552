"""How far the scores of an utterance's tone are believed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.tone.trust import NOVELTY_WIDTH, TrustSettings, believed, sharpness, unbiased

SETTINGS = TrustSettings(sharpness=1.25, half_s=0.8)
seconds = st.floats(0.05, 30)
novelties = st.floats(0, 5)


@given(seconds, seconds, novelties)
def test_more_speech_is_believed_more(one: float, other: float, novelty: float) -> None:
    short, long = sorted((one, other))
    assert sharpness(SETTINGS, short, novelty) <= sharpness(SETTINGS, long, novelty) <= 1.25


@given(seconds, novelties, novelties)
def test_stranger_sounds_are_believed_less(length: float, one: float, other: float) -> None:
    known, strange = sorted((one, other))
    assert sharpness(SETTINGS, length, strange) <= sharpness(SETTINGS, length, known)


def test_half_is_left_where_the_settings_say() -> None:
    assert sharpness(SETTINGS, 0.8, 0.5) == pytest.approx(1.25 / 2)
    assert sharpness(TrustSettings(), 2.0, 1 + NOVELTY_WIDTH) == pytest.approx(0.5)
    assert sharpness(TrustSettings(), 2.0, 1.0) == 1


def test_biases_count_less_where_less_is_believed() -> None:
    settings = TrustSettings(biases=(-0.3, 0.0, 0.3))
    alike = unbiased(settings, np.log(np.full(3, 1 / 3, np.float32)))
    sure, hardly = (np.exp(believed(alike, factor)) for factor in (1.0, 0.01))
    assert sure.argmax() == 2
    assert sure[2] / sure[0] == pytest.approx(np.exp(0.6), rel=1e-4)
    assert hardly == pytest.approx([1 / 3] * 3, abs=0.01)


@given(st.lists(st.floats(-8, 0), min_size=3, max_size=3), st.floats(0.01, 1))
def test_less_belief_is_less_confidence_in_the_same_class(logits: list[float], f: float) -> None:
    plain = believed(np.array(logits, np.float32), 1.0)
    less = believed(np.array(logits, np.float32), f)
    assert np.exp(less).sum() == pytest.approx(1, abs=1e-5)
    assert less[plain.argmax()] == pytest.approx(less.max(), abs=1e-5)
    assert np.exp(less).max() <= np.exp(plain).max() + 1e-5
