"""Alert rules as data, read and checked from plain tables (`protocol.alert_rules` has the keys)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Final, Literal, cast

import msgspec

from sentivox.errors import ProtocolError, SentivoxError
from sentivox.protocol.alert_rules import (
    CONDITIONS,
    MAX_CONDITIONS,
    MAX_RULES,
    ONE_OF,
    Condition,
    RuleOptions,
    Severity,
)
from sentivox.protocol.option_values import Option, Schema, check_options, options

Path = tuple[str | int, ...]
"""Where something stands among the rules: (2, "all", 0, "silence", "for_s")."""

_SHOWN: Final = 40
"""Most characters of a wrong key or value that an error message repeats."""

_DEEPEST: Final = 5
"""Most conditions within one another."""

_COMBINED: Final = ("all", "any", "not")


class BadRule(SentivoxError):  # noqa: N818  (says what is bad)
    """A rule that cannot be read; the message is one line.

    Args:
        problem: What is wrong, and what is allowed.
        path: Where; the line of a file is found by it.
    """

    def __init__(self, problem: str, path: Path = ()) -> None:
        super().__init__(problem)
        self.path = path


@dataclass(frozen=True, slots=True)
class Combined:
    """A condition made of others: all of them, any of them, or not the only one."""

    how: Literal["all", "any", "not"]
    parts: "tuple[When, ...]"


When = Condition | Combined
"""When a rule is true."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: when it is true, and what alerts it gives.

    Attributes:
        name: Its name.
        severity: How much its alerts matter.
        cooldown_s: Least seconds between two of its alerts.
        once: Whether it gives at most one alert in a session.
        when: When it is true.
        of_client: Whether it came from the client, for its session only.
    """

    name: str
    severity: Severity
    cooldown_s: float
    once: bool
    when: When
    of_client: bool = False

    def conditions(self) -> Iterator[Condition]:
        """Its conditions, without how they are combined."""
        return _leaves(self.when)


def read_rules(
    tables: Iterable[object], *, most: int = MAX_RULES, of_client: bool = False
) -> tuple[Rule, ...]:
    """Read rules from tables, such as those of a TOML file or of JSON.

    Args:
        tables: A mapping for each rule.
        most: Most rules.
        of_client: Whether they come from a client.

    Raises:
        BadRule: A key is unknown or missing, a value is wrong, two rules have the same name, or
            there are too many.
    """
    given = list(tables)
    if len(given) > most:
        raise BadRule(f"there are {len(given)} rules, and at most {most} are allowed", (most,))
    rules: list[Rule] = []
    for index, table in enumerate(given):
        rule = _rule(table, index, of_client=of_client)
        if rule.name in {earlier.name for earlier in rules}:
            raise BadRule(f"two rules have the name {rule.name!r}", (index, "name"))
        rules.append(rule)
    return tuple(rules)


def _rule(table: object, index: int, *, of_client: bool) -> Rule:
    if not isinstance(table, Mapping):
        raise BadRule(f"rule {index + 1} must be a table of keys and values", (index,))
    table = cast("Mapping[str, Any]", table)
    name = table.get("name")
    called = f"rule {name[:_SHOWN]!r}" if isinstance(name, str) else f"rule {index + 1}"
    try:
        whole = {key: table[key] for key in table if key in options(RuleOptions)}
        rest = {key: table[key] for key in table if key not in whole}
        about = _read(RuleOptions, whole, (index,))
        when = _when(rest, (index,), also=tuple(options(RuleOptions)))
        _check_size(when, (index,))
    except BadRule as error:
        raise BadRule(f"{called}: {error}", error.path) from None
    return Rule(**msgspec.structs.asdict(about), when=when, of_client=of_client)


def _check_size(when: When, path: Path) -> None:
    if len(list(_leaves(when))) > MAX_CONDITIONS:
        raise BadRule(f"there are more than {MAX_CONDITIONS} conditions", path)


def _when(table: Mapping[str, Any], path: Path, also: tuple[str, ...] = ()) -> When:
    """Read the one condition of a table, of which `also` are other known keys."""
    kinds = (*CONDITIONS, *_COMBINED)
    if unknown := [key for key in table if key not in kinds]:
        raise BadRule(_unknown(unknown[0], (*also, *kinds)), (*path, unknown[0]))
    if len(table) != 1:
        found = f"has {' and '.join(table)}" if table else "has no condition"
        raise BadRule(f"{found}: give one of {', '.join(kinds)}; all and any take several", path)
    ((kind, value),) = table.items()
    path = (*path, kind)
    if sum(step in _COMBINED for step in path) > _DEEPEST:
        raise BadRule(f"conditions are nested more than {_DEEPEST} deep", path)
    match kind:
        case "all" | "any":
            if not isinstance(value, list) or not value:
                raise BadRule(f"{kind} takes a list of tables with a condition each", path)
            parts = cast("list[Any]", value)
            return Combined(kind, tuple(_part(p, (*path, i)) for i, p in enumerate(parts)))
        case "not":
            return Combined(kind, (_part(value, path),))
        case _:
            return _condition(kind, value, path)


def _part(value: object, path: Path) -> When:
    if not isinstance(value, Mapping):
        raise BadRule("a condition is a table such as { silence = { for_s = 20 } }", path)
    return _when(cast("Mapping[str, Any]", value), path)


def _condition(kind: str, value: object, path: Path) -> Condition:
    schema = CONDITIONS[kind]
    if not isinstance(value, Mapping):
        raise BadRule(f"{kind} takes a table of {', '.join(options(schema))}", path)
    table = cast("Mapping[str, Any]", value)
    condition = _read(schema, table, path)
    if needed := ONE_OF.get(schema):
        given = [key for key in needed if key in table]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise BadRule(f"{kind} needs one of {', '.join(needed)}; it has {found}", path)
    if "role" in table and "channel" in table:
        raise BadRule(f"{kind} takes role or channel, not both", (*path, "channel"))
    return condition


def _read(schema: type[Any], table: Mapping[str, Any], path: Path) -> Any:  # noqa: ANN401
    """Read a struct of the schema from a table without other tables in it."""
    known = options(schema)
    for key, value in table.items():
        if key not in known:
            raise BadRule(_unknown(key, tuple(known)), (*path, key))
        try:
            _check_kind(known[key], value)
            _check(schema, key, value)
        except ProtocolError as error:
            raise BadRule(str(error), (*path, key)) from None
    for option in known.values():
        if option.default is msgspec.NODEFAULT and option.name not in table:
            raise BadRule(f"{_place(path)}needs {option.name}: {option.description}", path)
    return schema(**{key: _frozen(known[key], value) for key, value in table.items()})


def _check(schema: Schema, key: str, value: object) -> None:
    if value is None:
        raise ProtocolError(f"{key} has no value: leave it out")
    check_options(schema, **{key: value})


def _check_kind(option: Option, value: object) -> None:
    """Check that a value is of its option's type.

    Raises:
        ProtocolError: It is not; the message says what the option takes.
    """
    kind = option.kind
    if kind is list:
        texts = cast("list[object]", value) if isinstance(value, list) else [None]
        right = all(isinstance(text, str) for text in texts)
    elif kind in {int, float}:
        numbers = Integral if kind is int else Real
        right = isinstance(value, numbers) and not isinstance(value, bool)
    else:
        right = isinstance(value, kind)
    if not right:
        what = {int: "a whole number: ", float: "a number: ", list: "a list of texts: "}
        values = "true or false" if kind is bool else option.values.replace("`", "")
        shown = repr(cast("object", value))[:_SHOWN]
        raise ProtocolError(f"{option.name} takes {what.get(kind, '')}{values}, not {shown}")


def _frozen(option: Option, value: Any) -> Any:  # noqa: ANN401
    if option.kind is list:
        return tuple(value)
    return float(value) if option.kind is float else value


def _unknown(key: object, known: tuple[str, ...]) -> str:
    return f"unknown key {str(key)[:_SHOWN]!r}; known: {', '.join(known)}"


def _place(path: Path) -> str:
    """The innermost table of a path, for the start of a message; "" for the rule itself."""
    named = [step for step in path if isinstance(step, str)]
    return f"{named[-1]} " if named else ""


def _leaves(when: When) -> Iterator[Condition]:
    if isinstance(when, Combined):
        for part in when.parts:
            yield from _leaves(part)
    else:
        yield when
