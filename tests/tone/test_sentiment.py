"""From emotions to sentiment."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sentivox.tone.sentiment import ToneCalibration, sentiment_log_probs
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray


def sure_of(emotion: str, share: float = 1.0) -> FloatArray:
    """All probability on one emotion, but for what is spread over the rest."""
    probs = np.full((1, len(EMOTIONS)), (1 - share) / (len(EMOTIONS) - 1), np.float32)
    probs[0, EMOTIONS.index(emotion)] = share
    return probs


@given(
    probs=arrays(np.float32, (3, 8), elements=st.floats(0, 1, width=32)),
    temperature=st.floats(0.1, 10),
    biases=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_log_probabilities_always_add_up(
    probs: FloatArray, temperature: float, biases: tuple[float, float, float]
) -> None:
    rows = sentiment_log_probs(probs, ToneCalibration(temperature, biases))
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.exp(rows).sum(axis=1), 1, rtol=1e-4)


def test_each_emotion_counts_towards_its_sentiment() -> None:
    said = {
        emotion: SENTIMENTS[int(sentiment_log_probs(sure_of(emotion), ToneCalibration()).argmax())]
        for emotion in EMOTIONS
        if emotion != "surprised"
    }
    assert said == {
        "neutral": "neutral",
        "calm": "neutral",
        "happy": "positive",
        "sad": "negative",
        "angry": "negative",
        "fearful": "negative",
        "disgust": "negative",
    }


def test_surprise_counts_towards_nothing() -> None:
    half = sure_of("happy", 0.5)
    half[0] *= 0
    half[0, EMOTIONS.index("happy")] = 0.3
    half[0, EMOTIONS.index("sad")] = 0.1
    half[0, EMOTIONS.index("surprised")] = 0.6
    probs = np.exp(sentiment_log_probs(half, ToneCalibration()))[0]
    np.testing.assert_allclose(probs, [0.25, 0, 0.75], atol=1e-5)


def test_temperature_flattens_and_biases_shift() -> None:
    row = sure_of("happy", 0.9)
    plain = np.exp(sentiment_log_probs(row, ToneCalibration()))[0]
    flat = np.exp(sentiment_log_probs(row, ToneCalibration(2.0)))[0]
    shifted = np.exp(sentiment_log_probs(row, ToneCalibration(1.0, (0.0, 3.0, 0.0))))[0]
    assert 1 / 3 < flat[2] < plain[2]
    odds, before = shifted[1] / shifted[2], plain[1] / plain[2]
    np.testing.assert_allclose(odds / before, np.exp(3), rtol=1e-4)
