"""Sentiment of uncertain words, averaged over the alternatives of a transcript."""

from collections.abc import Sequence

import numpy as np

from sentivox.text.protocol import TextClassifier
from sentivox.types import Hypothesis, TextScores


class HypothesisClassifier:
    """Scores utterances with several hypotheses (readings) of their words.

    Args:
        model: The text classifier to use.

    Attributes:
        languages: BCP-47 primary tags of the languages that the model supports.
    """

    def __init__(self, model: TextClassifier) -> None:
        self.languages = model.languages
        self._model = model

    def classify(self, inputs: Sequence[Sequence[Hypothesis]]) -> list[TextScores]:
        """Score each utterance, given as one or more readings; one result each, in order.

        The probabilities are averaged by the readings' weights.
        """
        scores = iter(self._model.classify([one.text for each in inputs for one in each]))
        return [_mean([next(scores) for _ in each], each) for each in inputs]


def _mean(scores: Sequence[TextScores], readings: Sequence[Hypothesis]) -> TextScores:
    """The mean of the probabilities, weighted by the readings' weights."""
    if len(scores) == 1:
        return scores[0]
    weights = np.array([one.weight for one in readings], np.float32)
    shares = np.log(weights / weights.sum())
    each = np.stack([one.sentiment for one in scores])
    return TextScores(np.logaddexp.reduce(each + shares[:, None], axis=0))
