"""`sentivox bench`: the latency of each stage on this machine."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from sentivox.cli.stages import Stage

PACKAGES = (
    "sentivox", "numpy", "onnxruntime", "kaldi-native-fbank", "pocketsphinx", "faster-whisper",
    "ctranslate2", "tokenizers",
)  # fmt: skip


@click.command(
    name="bench", epilog="Example: sentivox bench --json   |   sentivox bench --stage vad.window"
)
@click.option("--stage", "names", multiple=True, metavar="NAME", help="Only this; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(*, names: tuple[str, ...], as_json: bool) -> None:
    """Measure each stage's latency on this machine, in about a minute, on the sample call.

    Stages whose models are not here are left out, with a word on stderr.
    """
    from sentivox.cli.output import stderr
    from sentivox.cli.stages import stages

    known = stages()
    for name in names:
        if name not in known:
            msg = f"there is no stage {name!r}: choose from {', '.join(known)}"
            raise click.BadParameter(msg, param_hint="--stage")
    results = _measure(names or tuple(known), stderr())
    if as_json:
        _print_json(results)
    else:
        _print_table(results)


def _measure(names: tuple[str, ...], notes: "Console") -> "list[Stage]":
    from sentivox.cli.stages import NotHere, stages

    known, results = stages(), list["Stage"]()
    with notes.status("") as status:
        for name in names:
            status.update(f"measuring {name}")
            try:
                results.append(known[name](name))
            except NotHere as missing:
                notes.print(f"{name} left out, its model is not here: {missing}", soft_wrap=True)
    return results


def _print_json(results: "list[Stage]") -> None:
    from importlib import metadata

    import msgspec

    from sentivox.machine import this_machine

    versions = {name: metadata.version(name) for name in PACKAGES}
    document = {"machine": this_machine(), "versions": versions, "stages": results}
    click.echo(msgspec.json.encode(document))


def _print_table(results: "list[Stage]") -> None:
    from rich.table import Table

    from sentivox.cli.output import stdout
    from sentivox.machine import this_machine

    machine, out = this_machine(), stdout()
    out.print(f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags)}\n")
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("stage", no_wrap=True)
    for name in ("n", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what")
    for one in results:
        times = (f"{t:.3f}" if t < 1 else f"{t:.1f}" for t in (one.p50_ms, one.p95_ms, one.p99_ms))
        table.add_row(one.name, str(one.n), *times, one.note)
    out.print(table)
