"""Command-line flags generated from the schema of options: name, default, bounds and help."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sentivox.errors import ProtocolError
from sentivox.protocol.language import primary_tag
from sentivox.protocol.option_values import (
    Option,
    check_options,
    option_text,
    options,
    read_options,
)
from sentivox.protocol.options import LiveOptions

F = TypeVar("F", bound=Callable[..., Any])


def schema_options(*names: str, unsaid: bool = False) -> Callable[[F], F]:
    """A decorator that adds the flags of these options to a command, in this order.

    Args:
        names: Names of options of `LiveOptions`.
        unsaid: Make the default None, which leaves the option to the server.
    """

    def added(command: F) -> F:
        for name in reversed(names):
            command = _flag(options(LiveOptions)[name], unsaid=unsaid)(command)
        return command

    return added


def _flag(option: Option, *, unsaid: bool) -> Callable[[F], F]:
    flag = f"--{option.name.replace('_', '-')}"
    named = (
        f"{flag}/--no-{flag[2:]}" if option.kind is bool and (option.default or unsaid) else flag
    )
    callback = _language if option.name == "language" else _value(option, unsaid=unsaid)
    texts = option.kind is list or option.pattern is not None
    usual = option_text(option.default) or None if texts else option.default
    return click.option(
        named,
        default=None if unsaid else usual,
        show_default="the server's" if unsaid else option.kind is not bool or option.default,
        is_flag=option.kind is bool,
        type=_type(option),
        callback=callback if texts else None,
        help=option.description,
    )


def _type(option: Option) -> "click.ParamType[Any] | None":
    if option.kind is bool:
        return click.BOOL
    if option.choices and option.kind is str:
        return click.Choice(option.choices)
    if option.kind is float:
        return click.FloatRange(option.least, option.most)
    return None


def _language(ctx: click.Context, param: click.Parameter, value: str) -> str | None:
    """Click callback: the language's primary tag, or None to detect the language."""
    try:
        return primary_tag(value)
    except ProtocolError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _value(
    option: Option, *, unsaid: bool
) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A click callback that parses and checks the option's value, given as text.

    If it is not given, the value is the default, or None with `unsaid`.
    """

    def value(ctx: click.Context, param: click.Parameter, text: str | None) -> Any:  # noqa: ANN401
        if text is None:
            return None if unsaid else option.default
        try:
            given = read_options(LiveOptions, {option.name: text})
            check_options(LiveOptions, **given)
        except ProtocolError as error:
            raise click.BadParameter(str(error), ctx, param) from None
        return given[option.name]

    return value
