"""Tables of results in Markdown, for the model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentivox.evaluation.metrics import recall, uar
from sentivox.tone.sentiment import ToneCalibration
from sentivox.types import EMOTIONS, SENTIMENTS
from training.tone.scoring import Scores, emotion_table, sentiment_table, session_table
from training.tone.study import Outcome, calibration_for


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Runs of one recipe.

    Attributes:
        name: As in the tables.
        runs: Their outcomes.
        calibrated_by: Runs whose development speakers are used for calibration; empty for its own.
    """

    name: str
    runs: Sequence[Outcome]
    calibrated_by: Sequence[Outcome] = ()

    def calibrations(self) -> list[ToneCalibration]:
        """Fit the calibration of each run on development speakers that it is not tested on."""
        return [calibration_for(o, self.calibrated_by or self.runs) for o in self.runs]


def summary(groups: Sequence[Group]) -> str:
    """Return a table with one row per recipe and condition: UAR, mean ± deviation over the runs."""
    lines = ["| network | audio | 3-class UAR | 8-class UAR | runs |", "|---|---|---|---|---|"]
    for group in groups:
        fitted = group.calibrations()
        for condition, tests in conditions(group.runs).items():
            three = spread([uar(sentiment_table(t, c)) for t, c in zip(tests, fitted, strict=True)])
            eight = spread([uar(emotion_table(t)) for t in tests])
            lines.append(f"| {group.name} | {condition} | {three} | {eight} | {len(tests)} |")
        if not group.runs:
            continue
        tests = [o.test["clean"] for o in group.runs]
        for name, one_mood in (("clean, in a session", False), ("a session a sentiment", True)):
            tables = [
                session_table(t, c, one_mood=one_mood) for t, c in zip(tests, fitted, strict=True)
            ]
            row = f"| {group.name} | {name} | {spread([uar(t) for t in tables])} | | {len(tests)} |"
            lines.append(row)
    return "\n".join(lines)


def conditions(runs: Sequence[Outcome]) -> dict[str, list[Scores]]:
    """Return the test scores of the runs by condition; the first 1.5 s are a condition too."""
    if not runs:
        return {}
    found = {name: [o.test[name] for o in runs] for name in runs[0].test}
    return found | {"first 1.5 s": [scores.early() for scores in found["clean"]]}


def plot_curves(curves: Mapping[str, Sequence[Outcome]], file: Path) -> None:
    """Plot loss and 8-class UAR of the development speakers over the epochs, one line per run."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (only needed for plots)

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots(1, 2)
    for colour, (name, runs) in enumerate(curves.items()):
        for n, outcome in enumerate(runs):
            epochs = [look.epoch for look in outcome.curve]
            style = {"color": f"C{colour}", "alpha": 0.5, "label": None if n else name}
            axes[0].plot(epochs, [look.loss for look in outcome.curve], **style)
            axes[1].plot(epochs, [look.dev for look in outcome.curve], **style)
    for axis, title in zip(axes, ("loss", "8-class UAR, development speakers"), strict=True):
        axis.set(title=title, xlabel="epoch of the second stage")
        axis.legend()
    figure.savefig(file, dpi=110)


def details(group: Group) -> str:
    """Return confusions and recalls over all clean test clips: of sentiments, then of emotions."""
    tests = [o.test["clean"] for o in group.runs]
    three = [sentiment_table(t, c) for t, c in zip(tests, group.calibrations(), strict=True)]
    eight = [emotion_table(t) for t in tests]
    return (
        matrix(np.sum(three, axis=0), SENTIMENTS) + "\n\n" + matrix(np.sum(eight, axis=0), EMOTIONS)
    )


def matrix(table: np.ndarray, names: Sequence[str]) -> str:
    """Format a confusion matrix with a column of recalls."""
    lines = [f"| said ↓ heard → | {' | '.join(names)} | recall |", "|---" * (len(names) + 2) + "|"]
    for name, row, share in zip(names, table, recall(table), strict=True):
        lines.append(f"| {name} | {' | '.join(map(str, row))} | {share:.2f} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Format mean ± standard deviation."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"
