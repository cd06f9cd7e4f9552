"""Tables of what the runs came to, in Markdown, for the model card."""

from collections.abc import Mapping, Sequence

import numpy as np

from sentivox.types import EMOTIONS, SENTIMENTS
from training.tone.scoring import recall, uar
from training.tone.study import Outcome


def summary(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """One row a recipe and condition: recalls of the folds, mean ± standard deviation.

    Args:
        outcomes: the runs of each recipe, by its name.
    """
    lines = ["| network | audio | 3-class UAR | 8-class UAR | runs |", "|---|---|---|---|---|"]
    for name, runs in outcomes.items():
        for condition in runs[0].test:
            tables = [o.tables(condition) for o in runs]
            three = spread([uar(t) for t, _ in tables])
            eight = spread([uar(t) for _, t in tables])
            lines.append(f"| {name} | {condition} | {three} | {eight} | {len(runs)} |")
    return "\n".join(lines)


def details(runs: Sequence[Outcome]) -> str:
    """Confusion and recall over all test clips of the runs, sentiments and then emotions."""
    three, eight = (sum((o.tables()[part] for o in runs), np.zeros((), int)) for part in (0, 1))
    return matrix(three, SENTIMENTS) + "\n\n" + matrix(eight, EMOTIONS)


def matrix(table: np.ndarray, names: Sequence[str]) -> str:
    """A confusion matrix with a column of recalls."""
    lines = [f"| said ↓ heard → | {' | '.join(names)} | recall |", "|---" * (len(names) + 2) + "|"]
    for name, row, share in zip(names, table, recall(table), strict=True):
        lines.append(f"| {name} | {' | '.join(map(str, row))} | {share:.2f} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Mean ± standard deviation."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"
