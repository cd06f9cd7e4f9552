"""Figures of a 3-class model on labelled sentences."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentivox.evaluation.metrics import class_figures, confusion, recall
from sentivox.types import SENTIMENTS


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a model on one split.

    Attributes:
        n: Number of rows.
        accuracy: Share of right rows.
        macro_recall: Mean recall of the classes (UAR; TweetEval's figure for sentiment).
        weighted_f1: F1 of the classes, weighted by their rows (MELD's figure).
        ece: Expected calibration error of the top class, 15 bins of equal width.
        recall: Recall of each class that occurs.
    """

    n: int
    accuracy: float
    macro_recall: float
    weighted_f1: float
    ece: float
    recall: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, rounded to four decimals."""
        plain = asdict(self)
        plain["recall"] = {k: round(v, 4) for k, v in self.recall.items()}
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in plain.items()}


def score(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Figures:
    """Compute the figures from probabilities (n, 3) and labels (n,)."""
    figures = class_figures(probabilities, labels)
    shares = recall(confusion(labels, probabilities.argmax(1), len(SENTIMENTS)))
    return Figures(
        n=len(labels),
        accuracy=figures["accuracy"],
        macro_recall=figures["uar"],
        weighted_f1=figures["weighted_f1"],
        ece=figures["ece"],
        recall={
            name: float(share)
            for name, share in zip(SENTIMENTS, shares, strict=True)
            if not np.isnan(share)
        },
    )
