"""Command-line flags of the server's settings, with a section of the help for each group."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from sentivox.server.limits import Age, FilePath
from sentivox.server.operator import GROUPS
from sentivox.server.operator_sources import flags_of, kind_of, shown, takes

F = TypeVar("F", bound=Callable[..., Any])


class SettingsCommand(click.Command):
    """A command whose help has a section for each group of settings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of settings, then the options that are not settings."""
        records = {
            p.name: record for p in self.get_params(ctx) if (record := p.get_help_record(ctx))
        }
        for group in GROUPS:
            with formatter.section(_title(group.__doc__)):
                formatter.write_dl([records.pop(name) for name in group.model_fields])
        with formatter.section("Options"):
            formatter.write_dl(list(records.values()))


def _title(doc: str | None) -> str:
    return (doc or "").rstrip(".")


def settings_options(command: F) -> F:
    """Add the flags of all settings to a command; a flag not given is None or an empty tuple."""
    for group in reversed(GROUPS):
        for name, field in reversed(group.model_fields.items()):
            command = _flag(name, field)(command)
    return command


def _flag(name: str, field: FieldInfo) -> Callable[[F], F]:
    flag, *others = flags_of(name)
    kind = kind_of(field)
    switch = kind is bool
    several = get_origin(kind) is tuple
    return click.option(
        f"{flag}/--no-{flag[2:]}" if switch else flag,
        *others,
        name,
        default=None,
        multiple=several,
        type=_type(field),
        metavar=None if switch else _metavar(name, field),
        help=f"{field.description}{_default(name, field)}",
    )


def _type(field: FieldInfo) -> "click.ParamType[Any]":
    """The click type of a setting, used for shell completion.

    Values are mostly left as text, to be parsed and checked with those from other sources.
    """
    kind = kind_of(field)
    if kind is bool:
        return click.BOOL
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    return click.Path() if kind in get_args(FilePath) else click.STRING


def _metavar(name: str, field: FieldInfo) -> str | None:
    kind = kind_of(field)
    if get_origin(kind) is Literal:
        return None
    if name.endswith("_bytes"):
        return "BYTES"
    if kind == Age:
        return "AGE"
    if kind in {int, float}:
        seconds = name.endswith("_s") and not name.endswith("_per_s")
        return "N" if kind is int else "SECONDS" if seconds else "X"
    return "PATH" if takes(field) == "a path" else "TEXT"


def _default(name: str, field: FieldInfo) -> str:
    """The default as click shows it; "" if it is off or absent, which the description covers."""
    return f"  [default: {shown(name)}]" if shown(name) and field.default is not False else ""
