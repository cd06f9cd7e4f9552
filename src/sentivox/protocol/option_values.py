"""Option values: parsed from strings, validated and formatted according to their schema."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from sentivox.errors import ProtocolError
from sentivox.protocol.language import AUTO_LANGUAGE

Schema = type[msgspec.Struct]
"""A struct with one field per option, such as `StreamOptions`."""

_SHOWN: Final = 40
"""Most characters of a wrong value that an error message repeats."""

_MOST_DIGITS: Final = 9  # digits of a whole number in a query


@dataclass(frozen=True, slots=True)
class Option:
    """One option, a field of a schema.

    Attributes:
        name: Name, as on the wire.
        default: Default value.
        kind: Type of the value: bool, int, float, str, or list for several strings.
        choices: All allowed values; empty if they cannot be listed.
        least: Minimum of a number, of the length of a string or of the number of values, if any.
        most: Maximum of the same, if any.
        longest: Most characters of each of several values, if any.
        distinct: Whether several values must differ, by more than case.
        above: Exclusive minimum of a number, if any.
        pattern: Regular expression that a whole string must match, or each of several, if any.
        description: Description for users, in a sentence or two.
        values: Allowed values, as shown in documentation.
        otherwise: Error text for strings that do not match `pattern` or `choices`.
    """

    name: str
    default: Any
    kind: type
    choices: tuple[Any, ...]
    least: float | None
    most: float | None
    longest: int | None
    distinct: bool
    above: float | None
    pattern: str | None
    description: str
    values: str
    otherwise: str


@cache
def options(schema: Schema) -> dict[str, Option]:
    """The options of a schema by name, in the order of its fields."""
    described = inspect.type_info(schema)
    assert isinstance(described, inspect.StructType)  # noqa: S101  (what a Struct comes to)
    return {field.name: _option(field) for field in described.fields}


def read_options(schema: Schema, given: Mapping[str, str]) -> dict[str, Any]:
    """Parse the strings that are options of the schema; others are ignored.

    Args:
        schema: The schema of the options.
        given: Strings by name, as in a query or form.

    Returns:
        Values of the right type by name. `check_options` tells whether they are in range.

    Raises:
        ProtocolError: A string cannot be parsed as its option's type.
    """
    known = options(schema)
    return {name: _read(known[name], text) for name, text in given.items() if name in known}


def check_options(schema: Schema, **values: object) -> None:
    """Check that values, each of its option's type, are in range. None always is.

    Raises:
        ProtocolError: A value is out of range; the message says what is allowed.
    """
    known = options(schema)
    for name, value in values.items():
        option = known[name]
        if value is None:
            continue
        if option.kind is list:
            _check_several(option, cast("Collection[str]", value))
        elif not _fits(option, value):
            raise ProtocolError(_refusal(option, value))


def option_text(value: object) -> str:
    """Format a value as in a query; None, which stands for a language to detect, is "auto"."""
    if value is None:
        return AUTO_LANGUAGE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, Collection):
        return ",".join(cast("Collection[str]", value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _read(option: Option, text: str) -> Any:  # noqa: ANN401
    if option.kind is list:
        return tuple(part.strip() for part in text.split(","))
    if option.kind is bool:
        if text not in {"true", "false"}:
            raise ProtocolError(f"{option.name} {text[:_SHOWN]!r} is neither true nor false")
        return text == "true"
    if option.kind is int:
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise ProtocolError(f"{option.name} {text[:_SHOWN]!r} is not a whole number")
        return int(text)
    if option.kind is float:
        try:
            return float(text)
        except ValueError:
            problem = f"{option.name} {text[:_SHOWN]!r} is not a number {_range(option)}"
            raise ProtocolError(problem) from None
    return text


def _fits(option: Option, value: Any) -> bool:  # noqa: ANN401
    if option.choices:
        return value in option.choices
    size = len(value) if isinstance(value, str) else value
    if option.pattern is not None:
        return re.fullmatch(option.pattern, value) is not None and not value.endswith("\n")
    least = -math.inf if option.least is None else option.least
    most = math.inf if option.most is None else option.most
    return least <= size <= most and (option.above is None or size > option.above)


def _check_several(option: Option, values: Collection[str]) -> None:
    """Check the values of an option that takes several.

    Raises:
        ProtocolError: There are too few or too many, two are the same, or one is out of range.
    """
    name, shown = option.name, repr(option_text(values)[:_SHOWN])
    if option.most is not None and len(values) > option.most:
        raise ProtocolError(f"{name} takes at most {option.most:g} values, not {len(values)}")
    for value in values:
        if option.longest is not None and len(value) > option.longest:
            what = f"{name} takes at most {option.longest} characters each, not {len(value)}"
            raise ProtocolError(f"{what}: {value[:_SHOWN]!r}…")
    wrong = [value for value in values if not _is_one_of(option, value)]
    if wrong or len(values) < (option.least or 0):
        raise ProtocolError(f"{name} {option.otherwise}, not {shown}")
    if option.distinct and len({value.strip().casefold() for value in values}) < len(values):
        raise ProtocolError(f"{name} {shown} has the same value twice: each must differ")


def _is_one_of(option: Option, value: str) -> bool:
    if option.choices:
        return value in option.choices
    matches = option.pattern is None or re.fullmatch(option.pattern, value) is not None
    surrogates = any("\ud800" <= letter <= "\udfff" for letter in value)  # no text in UTF-8
    return matches and not surrogates and not value.endswith("\n") and bool(value.strip())


def _refusal(option: Option, value: Any) -> str:  # noqa: ANN401
    """The one-line error message for a value out of range."""
    name, shown = option.name, repr(option_text(value)[:_SHOWN])
    if len(option.choices) == 2:
        return f"{name} {shown} is neither {option.choices[0]} nor {option.choices[1]}"
    if option.choices:
        return f"{name} takes {', '.join(map(str, option.choices))}, not {shown}"
    if option.pattern is not None:
        return f"{name} {shown} {option.otherwise}"
    if option.kind is str:
        return f"{name} takes {option.least} to {option.most} characters"
    return f"{name} must be {_range(option, 'between', 'and')}, not {option_text(value)}"


def _range(option: Option, after: str = "from", until: str = "to") -> str:
    least, most = option.least, option.most
    least = option.above if least is None else least
    if least is None or most is None:
        return f"at least {least:g}" if least is not None else f"at most {most:g}"
    beyond = "" if option.above is None else " (itself not allowed)"
    return f"{after} {least:g}{beyond} {until} {most:g}"


_KINDS: Final[dict[type[inspect.Type], type]] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.ListType: list,
}


def _option(field: inspect.Field) -> Option:
    kind, schema, extra = _unwrapped(field.type)
    several = isinstance(kind, inspect.ListType)
    item = _unwrapped(kind.item_type)[1] if several else schema
    choices = tuple(item.get("enum", ()))
    text = isinstance(kind, inspect.StrType | inspect.ListType)
    numbers = isinstance(kind, inspect.IntType | inspect.FloatType)
    option = Option(
        name=field.name,
        default=field.default,
        kind=_KINDS[type(kind)],
        choices=choices,
        least=kind.min_length if text else kind.ge if numbers else None,
        most=schema.get("maxItems")
        if several
        else kind.max_length
        if text
        else kind.le
        if numbers
        else None,
        longest=item.get("maxLength"),
        distinct=schema.get("uniqueItems", False),
        above=kind.gt if numbers else None,
        pattern=kind.pattern if isinstance(kind, inspect.StrType) else item.get("pattern"),
        description=schema.get("description", ""),
        values="",
        otherwise=extra.get("otherwise", ""),
    )
    return replace(option, values=extra.get("values") or _values(option))


def _unwrapped(
    kind: inspect.Type,
) -> tuple[inspect.Type, dict[str, Any], dict[str, Any]]:
    """A type without None and metadata, its JSON Schema, and the extra entries of its Meta."""
    if isinstance(kind, inspect.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.Metadata):
        noted = cast("Any", kind)  # msgspec leaves open what these dicts hold
        return noted.type, noted.extra_json_schema or {}, noted.extra or {}
    return kind, {}, {}


def _values(option: Option) -> str:
    if option.kind is bool:
        return "`true`, `false`"
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.kind is str:
        return "" if option.most is None else f"{option.least} to {option.most} characters"
    least = option.above if option.least is None else option.least
    return (
        f"over {least:g} … {option.most:g}"
        if option.above is not None
        else (f"{least:g} …" if option.most is None else f"{least:g} … {option.most:g}")
    )
