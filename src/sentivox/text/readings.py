"""The sentiment of words that are not certain: that of each reading, by how likely it is."""

from collections.abc import Sequence

import numpy as np

from sentivox.text.protocol import TextClassifier
from sentivox.types import Reading, TextScores


class Readings:
    """A text classifier for what may have been said.

    Args:
        model: Scores a text.
    """

    def __init__(self, model: TextClassifier) -> None:
        self.languages = model.languages
        self._model = model

    def classify(self, inputs: Sequence[Sequence[Reading]]) -> list[TextScores]:
        """Score each utterance, given as one reading or more; one result each, in order."""
        scores = iter(self._model.classify([one.text for each in inputs for one in each]))
        return [_mean([next(scores) for _ in each], each) for each in inputs]


def _mean(scores: Sequence[TextScores], readings: Sequence[Reading]) -> TextScores:
    """Probabilities averaged by weight; a single reading's stay as they are."""
    if len(scores) == 1:
        return scores[0]
    weights = np.array([one.weight for one in readings], np.float32)
    shares = np.log(weights / weights.sum())
    each = np.stack([one.sentiment for one in scores])
    return TextScores(np.logaddexp.reduce(each + shares[:, None], axis=0))
