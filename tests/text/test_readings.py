"""The sentiment over several readings: a mean of the readings' own."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.readings import HypothesisClassifier
from sentivox.types import Hypothesis, TextScores


class Lengths:
    """Scores a text by nothing but its length, so that property tests are quick."""

    name = "lengths"
    languages = frozenset({"en"})

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        return [TextScores(self.score(text)) for text in texts]

    @staticmethod
    def score(text: str) -> np.ndarray:
        logits = np.array([0.0, 1.0, len(text)], np.float32)
        return logits - np.logaddexp.reduce(logits)


READING = st.builds(Hypothesis, st.text(max_size=90), st.floats(2**-40, 1.0, width=32))


@given(st.lists(st.lists(READING, min_size=1, max_size=5), max_size=4))
def test_probabilities_are_averaged_by_weight(inputs: list[list[Hypothesis]]):
    results = HypothesisClassifier(Lengths()).classify(inputs)
    assert len(results) == len(inputs)
    for result, readings in zip(results, inputs, strict=True):
        weights = np.array([one.weight for one in readings], float)
        each = np.exp([Lengths.score(one.text) for one in readings]).astype(float)
        want = weights / weights.sum() @ each
        assert np.exp(result.sentiment) == pytest.approx(want, abs=1e-5)


@given(READING)
def test_a_single_reading_keeps_its_scores_to_the_bit(reading: Hypothesis):
    (result,) = HypothesisClassifier(Lengths()).classify([[reading]])
    assert np.array_equal(result.sentiment, Lengths.score(reading.text))


def test_readings_that_contradict_each_other_leave_doubt():
    model = EmbeddedTextModel.load("en")
    glad, angry = "thank you so much this is wonderful", "this is awful i want to complain"
    one, other, both = HypothesisClassifier(model).classify(
        [[Hypothesis(glad)], [Hypothesis(angry)], [Hypothesis(glad), Hypothesis(angry, 0.5)]]
    )
    assert one.sentiment.argmax() == 2
    assert other.sentiment.argmax() == 0
    assert other.sentiment[2] < both.sentiment[2] < one.sentiment[2]
    assert both.sentiment.argmax() == 2  # the likelier one
