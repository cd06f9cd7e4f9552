"""`sentivox bench`: measures the latency of each stage on this machine."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.options import model_options
from sentivox.cli.terminal import write_json

if TYPE_CHECKING:
    from rich.console import Console

    from sentivox.cli.bench_models import BenchModels
    from sentivox.cli.compared import Change, Earlier
    from sentivox.cli.stage_times import StageTimes
    from sentivox.models.selection import ModelChoice

PACKAGES = (
    "sentivox", "numpy", "onnxruntime", "kaldi-native-fbank", "pocketsphinx", "faster-whisper",
    "ctranslate2", "tokenizers",
)  # fmt: skip
"""Packages with an effect on speed, whose versions `--json` reports."""


@click.command(
    name="bench",
    epilog="Examples: sentivox bench --stage vad.window   |   sentivox bench --asr whisper-base   |"
    "   sentivox bench --json > old.json, and later sentivox bench --compare old.json",
)
@model_options
@click.option(
    "--stage", "names", multiple=True, metavar="NAME", help="Measure only this stage; repeatable."
)
@click.option(
    "--stand-ins", is_flag=True,
    help="For models that are not installed, time random weights of the same shape, marked as"
         " such.",
)  # fmt: skip
@click.option(
    "--compare", "old", type=click.Path(dir_okay=False, path_type=Path), metavar="OLD.JSON",
    help="Report what has become slower or faster since that run of --json.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(
    *,
    models: "ModelChoice",
    names: tuple[str, ...],
    stand_ins: bool,
    old: Path | None,
    as_json: bool,
) -> None:
    """Measure each stage's latency on this machine, in about a minute, on the sample call.

    Models given by options are used for endpoint_to_utterance and ready, and --asr ID is also
    measured alone, as asr.ID.3s. Stages whose models are not installed are skipped, with a note on
    stderr.
    """
    from sentivox.cli.bench_models import BenchModels
    from sentivox.cli.compared import compare, read_earlier
    from sentivox.cli.output import stderr

    earlier = read_earlier(old) if old else None
    with BenchModels(stand_ins=stand_ins) as shelf:
        results = _measure(names, models, shelf, stderr())
    changes = compare(earlier.stages, results) if earlier else None
    if earlier:
        _warn_of_another_machine(earlier, stderr())
    if as_json:
        _print_json(results, changes)
    else:
        _print_table(results)
        if changes is not None:
            _print_changes(changes)


def _measure(
    names: Sequence[str], models: "ModelChoice", shelf: "BenchModels", notes: "Console"
) -> "list[StageTimes]":
    from sentivox.cli.bench_models import NotHere
    from sentivox.cli.bench_stages import stages
    from sentivox.cli.progress import waiting

    known, results = stages(shelf, models), list["StageTimes"]()
    for name in names:
        if name not in known:
            msg = f"there is no stage {name!r}: choose from {', '.join(known)}"
            raise click.BadParameter(msg, param_hint="--stage")
    with waiting(notes) as doing:
        for name in names or known:
            doing(f"measuring {name}")
            try:
                results.append(known[name](name))
            except NotHere as missing:
                notes.print(
                    f"{name} skipped, its model is not installed: {missing}", soft_wrap=True
                )
    return results


def _warn_of_another_machine(earlier: "Earlier", notes: "Console") -> None:
    from sentivox.system.machine import this_machine

    if earlier.machine != this_machine():
        notes.print(
            f"the earlier run was on another machine ({earlier.machine.cpu}, "
            f"{earlier.machine.cores} cores): the ratios compare machines too",
            soft_wrap=True,
        )


def _print_json(results: "list[StageTimes]", changes: "list[Change] | None") -> None:
    import platform
    from importlib import metadata

    from sentivox.system.machine import this_machine

    versions = {"python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in PACKAGES}
    document: dict[str, Any] = {
        "machine": this_machine(), "versions": versions, "stages": results,
    }  # fmt: skip
    if changes is not None:
        document["compared"] = changes
    write_json(document)


def _print_changes(changes: "list[Change]") -> None:
    from rich.text import Text

    from sentivox.cli.output import stdout
    from sentivox.cli.tables import plain_table

    colours = {"slower": "red", "faster": "green"}
    table = plain_table()
    table.add_column("compared", no_wrap=True)
    for name in ("then ms", "now ms", "ratio", "of quartiles"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for one in changes:
        spread = f"{one.low:.2f}–{one.high:.2f}"
        verdict = Text(one.verdict, style=colours.get(one.verdict, "dim"))
        table.add_row(
            one.name, _ms(one.before_ms), _ms(one.now_ms), f"{one.ratio:.2f}", spread, verdict
        )
    out = stdout()
    out.print()
    out.print(table)


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.3f}" if milliseconds < 1 else f"{milliseconds:.1f}"


def _print_table(results: "list[StageTimes]") -> None:

    from sentivox.cli.output import stdout
    from sentivox.cli.tables import plain_table
    from sentivox.system.machine import this_machine

    machine, out = this_machine(), stdout()
    out.print(f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags)}\n")
    table = plain_table()
    table.add_column("stage", no_wrap=True)
    for name in ("n", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what")
    for one in results:
        times = map(_ms, (one.p50_ms, one.p95_ms, one.p99_ms))
        table.add_row(one.name, str(one.n), *times, one.note)
    out.print(table)
