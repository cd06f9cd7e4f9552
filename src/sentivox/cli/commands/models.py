"""`sentivox models`: lists, downloads, verifies and locates models."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import os
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import BETTER_RECOGNISER_HINT
from sentivox.cli.terminal import echo, write, write_json, write_path
from sentivox.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.progress import Progress

    from sentivox.models.catalog import CatalogModel
    from sentivox.models.store import ModelStore

HARMLESS = frozenset({"ok", "recorded", "unknown"})
"""States of a file with which a model counts as complete."""


@click.group(name="models", epilog="Example: sentivox models pull standard")
def command() -> None:
    """List, download, verify and locate models. The bundled ones need none of this.

    Models are stored in the Hugging Face cache (HF_HOME), or in SENTIVOX_MODELS_DIR if that is set.
    """


@command.command(name="list", epilog="Example: sentivox models list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def list_models(*, as_json: bool) -> None:
    """List the known models, and which of them are installed."""
    from sentivox.engine.parts import choose_models
    from sentivox.models.catalog import catalog
    from sentivox.models.plugins import plugins
    from sentivox.models.selection import POCKETSPHINX, ModelChoice
    from sentivox.models.store import ModelStore

    store = ModelStore.from_environment()
    here, used = store.installed(), choose_models(ModelChoice(), store).ids
    brought = [plugin for part in ("asr", "text", "tone") for plugin in plugins(part)]
    if as_json:
        import msgspec

        models = [
            {**msgspec.to_builtins(m), "path": str(here[m.id]) if m.id in here else None}
            for m in catalog().models
        ]
        profiles = {p.name: list(p.models) for p in catalog().profiles}
        others = [{"id": p.id, "role": p.part, "package": p.package} for p in brought]
        write_json({"models": models, "profiles": profiles, "in_use": used, "plugins": others})
        return
    _print_list(catalog().models, set(here))
    for plugin in brought:
        echo(f"{plugin.id}: {plugin.part}, of {plugin.package}")
    for profile in catalog().profiles:
        echo(f"profile {profile.name}: {profile.asr} + {profile.text} ({profile.about})")
    echo("used by default: " + ", ".join(f"{part} {name}" for part, name in used.items()))
    if used["asr"] == POCKETSPHINX:
        echo(BETTER_RECOGNISER_HINT)


def _print_list(models: "tuple[CatalogModel, ...]", here: set[str]) -> None:
    from rich.text import Text

    from sentivox.cli.output import stdout
    from sentivox.cli.tables import Column, Fitted

    def column(name: str, cells: "Iterable[str]", spare: int = 0) -> Column:
        justify = "right" if name == "MB" else "left"
        return Column(name, [Text(cell) for cell in cells], justify, spare=spare)

    marks = (("yes", "green") if model.id in here else ("no", "dim") for model in models)
    stdout().print(
        Fitted(
            [
                column("model", (model.id for model in models)),
                column("does", (model.role for model in models), 1),
                Column(
                    "languages",
                    [Text(", ".join(model.languages)) for model in models],
                    short=[Text(_first(model.languages)) for model in models],
                    spare=3,
                ),
                column("MB", (str(model.megabytes) for model in models), 2),
                column("licence", (model.licence for model in models), 4),
                Column("here", [Text(*mark) for mark in marks]),
                Column("about", [Text(model.about) for model in models], wraps="rest"),
            ]
        )
    )


def _first(languages: "Sequence[str]", most: int = 2) -> str:
    """The first languages, and how many more there are."""
    more = len(languages) - most
    return ", ".join(languages[:most]) + (f" +{more}" if more > 0 else "")


@command.command(name="pull", epilog="Example: sentivox models pull whisper-base.en")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--endpoint", metavar="URL", help="The model hub; by default HF_ENDPOINT or Hugging Face."
)
@click.option("-q", "--quiet", is_flag=True, help="Print the models' folders only.")
def pull_models(*, names: tuple[str, ...], endpoint: str | None, quiet: bool) -> None:
    """Download models, or all models of a profile, unless they are already complete.

    An interrupted download continues where it stopped. Each model is then tried: a recogniser must
    recognise the sample call, a text model must tell a happy sentence from an angry one.
    """
    from sentivox.engine.trial import run_trial
    from sentivox.models.catalog import find_models
    from sentivox.models.store import ModelStore

    wanted = {model.id: model for name in names for model in find_models(name)}

    def note(line: str) -> None:
        if not quiet:
            echo(line, err=True)

    if not wanted:
        note("All required models are bundled.")
    store = ModelStore.from_environment()
    for model in wanted.values():
        note(f"{model.id}: {model.megabytes} MB from {model.repo} ({model.licence})")
        with _bars(quiet=quiet) as bars:
            path = _pull(model, store, endpoint, bars)
        note(f"{model.id}: {run_trial(model, path)}")
        write(f"{model.id}\t".encode() + os.fsencode(path) + b"\n")


def _bars(*, quiet: bool) -> "Progress":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from sentivox.cli.output import stderr

    console = stderr()
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        console=console, transient=True, disable=quiet or not console.is_interactive,
    )  # fmt: skip


def _pull(
    model: "CatalogModel", store: "ModelStore", endpoint: str | None, bars: "Progress"
) -> "Path":
    from rich.progress import TaskID

    from sentivox.models.download import Progress as Arrived
    from sentivox.models.download import pull

    tasks: dict[str, TaskID] = {}

    def report(arrived: Arrived) -> None:
        if arrived.file not in tasks:
            tasks[arrived.file] = bars.add_task(f"{arrived.model} {arrived.file}", total=None)
        bars.update(tasks[arrived.file], completed=arrived.done, total=arrived.total)

    def tell(line: str) -> None:
        bars.console.print(line, markup=False)

    return pull(model, store, endpoint=endpoint, progress=report, tell=tell)


@command.command(name="verify", epilog="Example: sentivox models verify standard")
@click.argument("names", metavar="[NAME]...", nargs=-1)
def verify_models(*, names: tuple[str, ...]) -> None:
    """Check that downloaded models are complete and unchanged."""
    from sentivox.models.catalog import find_model, find_models
    from sentivox.models.store import ModelStore

    store = ModelStore.from_environment()
    if names:
        wanted = {model.id: model for name in names for model in find_models(name)}
    else:
        wanted = {name: find_model(name) for name in store.installed()}
    if not wanted:
        echo("No downloaded models to verify; `sentivox models list` shows them.", err=True)
    bad = [name for name, model in wanted.items() if not _verify(model, store)]
    if bad:
        again = " ".join(bad)
        raise ModelError(f"incomplete: {', '.join(bad)}; run `sentivox models pull {again}`")


def _verify(model: "CatalogModel", store: "ModelStore") -> bool:
    try:
        checks = store.verify(model)
    except ModelError as error:
        echo(str(error), err=True)
        return False
    for check in checks:
        echo(f"{model.id}\t{check.path}\t{check.state}")
    return all(check.state in HARMLESS for check in checks)


@command.command(name="path", epilog="Example: ls $(sentivox models path whisper-tiny.en)")
@click.argument("names", metavar="[NAME]...", nargs=-1)
def print_paths(*, names: tuple[str, ...]) -> None:
    """Print the folder of each named model, or of all that are installed."""
    from sentivox.models.catalog import find_models
    from sentivox.models.store import ModelStore

    store = ModelStore.from_environment()
    if names:
        roots = [store.require(model) for name in names for model in find_models(name)]
    else:
        roots = list(store.installed().values())
    for root in roots:
        write_path(root)
