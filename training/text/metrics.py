"""Figures of a 3-class model on labelled sentences."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentivox.types import SENTIMENTS

_BINS = 15


@dataclass(frozen=True, slots=True)
class Figures:
    """What a model scores on one split.

    Attributes:
        n: Rows.
        accuracy: Share of rows that are right.
        macro_recall: Mean recall of the classes (UAR; TweetEval's figure for sentiment).
        weighted_f1: F1 of the classes, weighted by their rows (MELD's figure).
        ece: Expected calibration error of the top class, 15 bins of equal width.
        recall: Of each class that occurs.
    """

    n: int
    accuracy: float
    macro_recall: float
    weighted_f1: float
    ece: float
    recall: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, figures to four decimals."""
        plain = asdict(self)
        plain["recall"] = {k: round(v, 4) for k, v in self.recall.items()}
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in plain.items()}


def score(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Figures:
    """Compare probabilities (n, 3) with labels (n,)."""
    guesses = probabilities.argmax(1)
    right = guesses == labels
    recall: dict[str, float] = {}
    f1 = 0.0
    for n, name in enumerate(SENTIMENTS):
        true = labels == n
        if not true.any():
            continue
        hits = int((right & true).sum())
        recall[name] = hits / int(true.sum())
        f1 += 2 * hits / int(true.sum() + (guesses == n).sum()) * float(true.mean())
    return Figures(
        n=len(labels),
        accuracy=float(right.mean()),
        macro_recall=float(np.mean(list(recall.values()))),
        weighted_f1=f1,
        ece=calibration_error(probabilities.max(1), right),
        recall=recall,
    )


def binary(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """Probabilities with neutral ruled out, for sets that know only two classes."""
    polar = probabilities.copy()
    polar[:, SENTIMENTS.index("neutral")] = 0
    return polar / polar.sum(1, keepdims=True)


def calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599)."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(right[bins == b].mean()) - float(confidence[bins == b].mean()))
        * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return float(sum(gaps))
