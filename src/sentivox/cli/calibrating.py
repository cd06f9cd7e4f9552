"""The output of `sentivox calibrate`, as JSON or as text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from rich.table import Table
from rich.text import Text

from sentivox.cli.output import stdout
from sentivox.cli.tables import plain_table
from sentivox.cli.terminal import write_json
from sentivox.evaluation.calibration import FIGURES, CalibrationOutcome
from sentivox.evaluation.choose import FittingTrial
from sentivox.types import SENTIMENTS

TITLES: Final = {"uar": "UAR", "log_loss": "log-loss", "ece": "ECE", "accuracy": "accuracy"}
"""Column titles of the metrics."""


def print_document(outcome: CalibrationOutcome, written: Path | None) -> None:
    """Print the outcome as one JSON document; `written` is the calibration file, if any."""
    document = outcome.document() | {"written": None if written is None else str(written)}
    write_json(document)


def print_outcome(outcome: CalibrationOutcome, written: Path | None) -> None:
    """Print the outcome as text: the data, the metrics of each rule, and what was written."""
    say = stdout().print
    say(Text(" ".join(_heard(outcome))), soft_wrap=True)
    say()
    say(_table(outcome))
    say()
    for line in (*(f"note: {note}" for note in outcome.notes), *_verdict(outcome, written)):
        say(Text(line), soft_wrap=True)


def _heard(outcome: CalibrationOutcome) -> Iterator[str]:
    """Sentences about the recordings used, the folds, and the recordings left out."""
    heard, count = outcome.heard, len(next(iter(outcome.nested.by_fold.values())))
    labels = np.bincount(heard.data.labels, minlength=len(SENTIMENTS)).tolist()
    clips = ", ".join(f"{n} {name}" for n, name in zip(labels, SENTIMENTS, strict=True))
    yield f"{len(heard.data.labels)} recordings ({clips}),"
    if heard.speakers is None:
        yield f"{count} folds by recording: no speakers are named, so new voices may fare worse."
    else:
        yield f"{heard.speakers} speakers, {count} folds by speaker."
    left = {
        "unreadable": len(heard.problems),
        "without speech": heard.silent,
        "without a sentiment": heard.unlabelled,
    }
    if any(left.values()):
        yield f"Left out: {', '.join(f'{n} {why}' for why, n in left.items() if n)}."


def _table(outcome: CalibrationOutcome) -> Table:
    """Metrics of each rule on held-out data, with their spread over the folds."""
    table = plain_table()
    table.add_column("rule")
    for name in FIGURES:
        table.add_column(TITLES[name], justify="right", no_wrap=True)
    for name, trial in outcome.choice.trials.items():
        table.add_row(name, *_cells(trial), end_section=name == "default")
    table.add_section()
    table.add_row("chosen anew in each fold", *_cells(outcome.nested))
    return table


def _cells(trial: FittingTrial) -> list[str]:
    return [f"{trial.figures[name]:.3f} ± {trial.spread(name):.3f}" for name in FIGURES]


def _verdict(outcome: CalibrationOutcome, written: Path | None) -> Iterator[str]:
    """Lines that say whether a rule beats the default, and what was written."""
    if not outcome.choice.beats_default:
        yield "No rule beats the default here beyond chance: the default is the one to keep."
    if written is None:
        yield "Nothing was written; --force writes the best fit all the same."
    else:
        yield f"Wrote {written} ({outcome.choice.name}). To use it: --calibration {written}"
