"""`sentivox evaluate`: measures the models' accuracy on labelled data."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import model_options, picture, selection_options
from sentivox.cli.schema_options import schema_options
from sentivox.cli.terminal import write_json
from sentivox.evaluation import BY, TASKS

if TYPE_CHECKING:
    from sentivox.evaluation.report import Report
    from sentivox.evaluation.work import EvaluationRequest
    from sentivox.models.selection import ModelChoice

SUBSETS = tuple(dict.fromkeys(name for names in BY.values() for name in names))
"""The subsets that any task can report."""

_ABOUT = "\n\n".join(
    ("Measure the models' accuracy on your labelled data.",
     "\b\n" + "\n".join(f"{name:9} {about}" for name, about in TASKS.items()))
)  # fmt: skip


@click.command(
    name="evaluate",
    help=_ABOUT,
    epilog="Examples: sentivox evaluate tone --data ravdess/ --confusion tone.png   |   "
    "sentivox evaluate tone --csv calls.csv --session --by gender --by duration   |   "
    "sentivox evaluate text --csv mine.csv --json",
)
@click.argument("task", type=click.Choice(tuple(TASKS)), metavar="TASK")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of a corpus, or of several: see docs/evaluate.md for the layouts.",
)  # fmt: skip
@click.option(
    "--csv", "table", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Table with columns file or text, label, transcript, speaker, split.",
)  # fmt: skip
@click.option(
    "--store", metavar="URL",
    help="Pipeline: a database of conversations in which people corrected labels.",
)  # fmt: skip
@selection_options
@model_options
@schema_options("language")
@click.option(
    "--by", multiple=True, type=click.Choice(SUBSETS),
    help="Report subsets too; may be given several times.",
)  # fmt: skip
@click.option(
    "--session", is_flag=True,
    help="Tone: judge each clip against its speaker's earlier ones, in the order of the data.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option(
    "--confusion", type=click.Path(path_type=Path), callback=picture, metavar="PNG",
    help="Also draw the confusion matrix.",
)  # fmt: skip
@click.option(
    "--reliability", type=click.Path(path_type=Path), callback=picture, metavar="PNG",
    help="Also draw confidence against accuracy.",
)  # fmt: skip
def command(
    *,
    task: str,
    data: Path | None,
    table: Path | None,
    store: str | None,
    split: str | None,
    limit: int | None,
    models: "ModelChoice",
    language: str | None,
    by: tuple[str, ...],
    session: bool,
    as_json: bool,
    confusion: Path | None,
    reliability: Path | None,
) -> None:
    """Measure the accuracy of a task; the help text is `_ABOUT`, which lists the tasks."""
    if sum(source is not None for source in (data, table, store)) != 1:
        raise click.UsageError("name the labelled data: either --data DIR or --csv FILE")
    if store is not None and task != "pipeline":
        raise click.UsageError(f"--store is for the task pipeline: leave it out with {task}")
    if (confusion or reliability) and task not in BY:
        raise click.UsageError(f"{task} has no classes to draw: leave the pictures out")
    if session and task != "tone":
        raise click.UsageError(f"--session is for the task tone: leave it out with {task}")
    if wrong := next((name for name in by if name not in BY.get(task, ())), None):
        able = f"choose {', '.join(BY[task])}" if task in BY else "leave --by out"
        raise click.UsageError(f"{task} has no figures by {wrong}: {able}")
    from sentivox.evaluation.plots import draw_confusion, draw_reliability, require_matplotlib
    from sentivox.evaluation.work import EvaluationRequest

    if confusion or reliability:
        require_matplotlib()
    path = data or table or Path()
    request = EvaluationRequest(
        path=path,
        split=split,
        limit=limit,
        models=models,
        language=language,
        by=by,
        session=session,
    )
    report = _evaluate(task, request) if store is None else _stored(store, by)
    _print(report, by, as_json=as_json)  # first, so that a plot that fails does not lose the report
    if confusion is not None:
        draw_confusion(report, confusion)
    if reliability is not None:
        draw_reliability(report, reliability)


def _stored(store: str, by: tuple[str, ...]) -> "Report":
    """Evaluate the utterances that people corrected, as they were analysed then."""
    from sentivox.cli.stores import labelled_sessions
    from sentivox.evaluation.corrected import corrected, evaluate_corrected

    return evaluate_corrected(corrected(labelled_sessions(store)), by)


def _evaluate(task: str, request: "EvaluationRequest") -> "Report":
    """Run the evaluation, with a progress bar if stderr is a terminal."""
    from sentivox.cli.output import stderr
    from sentivox.cli.progress import counting
    from sentivox.evaluation.run import evaluate

    with counting(stderr(), task) as tick:
        return evaluate(task, request, tick)


def _print(report: "Report", by: Collection[str], *, as_json: bool) -> None:
    from sentivox.cli.figures import print_report

    if as_json:
        write_json(report.document())
    else:
        print_report(report, by)
