"""Tables of what the runs came to, in Markdown, for the model card."""

from collections.abc import Mapping, Sequence

import numpy as np

from sentivox.types import EMOTIONS, SENTIMENTS
from training.tone.scoring import emotion_table, recall, sentiment_table, uar
from training.tone.study import Outcome, calibration_for


def summary(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """One row a recipe and condition: recalls of the folds, mean ± standard deviation.

    Args:
        outcomes: the runs of each recipe, by its name.
    """
    lines = ["| network | audio | 3-class UAR | 8-class UAR | runs |", "|---|---|---|---|---|"]
    for name, runs in outcomes.items():
        fitted = [calibration_for(o, runs) for o in runs]
        for condition in runs[0].test:
            tests = [o.test[condition] for o in runs]
            three = spread([uar(sentiment_table(t, c)) for t, c in zip(tests, fitted, strict=True)])
            eight = spread([uar(emotion_table(t)) for t in tests])
            lines.append(f"| {name} | {condition} | {three} | {eight} | {len(runs)} |")
    return "\n".join(lines)


def details(runs: Sequence[Outcome]) -> str:
    """Confusion and recall over all clean test clips of the runs: sentiments, then emotions."""
    tests = [o.test["clean"] for o in runs]
    three = [sentiment_table(o.test["clean"], calibration_for(o, runs)) for o in runs]
    eight = [emotion_table(t) for t in tests]
    return (
        matrix(np.sum(three, axis=0), SENTIMENTS) + "\n\n" + matrix(np.sum(eight, axis=0), EMOTIONS)
    )


def matrix(table: np.ndarray, names: Sequence[str]) -> str:
    """A confusion matrix with a column of recalls."""
    lines = [f"| said ↓ heard → | {' | '.join(names)} | recall |", "|---" * (len(names) + 2) + "|"]
    for name, row, share in zip(names, table, recall(table), strict=True):
        lines.append(f"| {name} | {' | '.join(map(str, row))} | {share:.2f} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Mean ± standard deviation."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"
