"""Alert rules in a TOML file: read, with errors that name the file and the line."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, Final, cast

from sentivox.conversation.alerts.rules import BadRule, Path, Rule, read_rules
from sentivox.errors import SentivoxError
from sentivox.wording.paths import path_text

MAX_BYTES: Final = 1 << 20
"""Largest file of rules that is read."""

_STRING: Final = re.compile(
    r'''
      """ (?: \\. | [^\\] )*? """
    | \'{3} .*? \'{3}
    | " (?: \\. | [^"\\\n] )* "
    | ' [^'\n]* '
    | \# [^\n]*
    ''',
    re.DOTALL | re.VERBOSE,
)
"""A TOML string or comment."""


class BadRules(SentivoxError):  # noqa: N818  (says what is bad)
    """A file of rules that cannot be used; the message is one line."""


def load_rules(path: FilePath) -> tuple[Rule, ...]:
    """Read a file of rules.

    Raises:
        BadRules: The file cannot be read, is not TOML, or a rule in it is wrong.
    """
    shown = path_text(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadRules(f"{shown} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise BadRules(f"{shown} is larger than 1 MiB: it cannot be a file of rules")
    try:
        return rules_of_toml(data.decode(), shown)
    except UnicodeDecodeError:
        raise BadRules(f"{shown} is not TOML: it is not UTF-8") from None


def rules_of_toml(text: str, name: str) -> tuple[Rule, ...]:
    """The rules in a TOML text: its `[[rule]]` tables.

    Args:
        text: The text.
        name: Name of the file, for error messages.

    Raises:
        BadRules: The text is not TOML, or a rule in it is wrong.
    """
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadRules(f"{name} is not TOML: {error}") from None
    try:
        return read_rules(_tables(document))
    except BadRule as error:
        line = _line(text, document, ("rule", *error.path) if _is_rule(error.path) else error.path)
        where = name if line is None else f"{name}, line {line}"
        raise BadRules(f"{where}: {error}") from None


def _tables(document: dict[str, Any]) -> list[Any]:
    if unknown := [key for key in document if key != "rule"]:
        raise BadRule(f"unknown key {unknown[0][:40]!r}; rules are [[rule]] tables", (unknown[0],))
    tables = document.get("rule", [])
    if not isinstance(tables, list):
        raise BadRule("write [[rule]], with two brackets, for each rule", ("rule",))
    if not tables:
        raise BadRule("there is no rule: write a [[rule]] table for each")
    return cast("list[Any]", tables)


def _is_rule(path: Path) -> bool:
    return bool(path) and isinstance(path[0], int)


def _line(text: str, document: dict[str, Any], path: Path) -> int | None:
    """The number of the line, from 1, that has the last key of a path; None if it is not found.

    The parser keeps no positions, but it keeps keys in the order of the text. So the n-th
    occurrence of a key among all keys is the n-th in the text outside strings and comments.
    """
    masked = _STRING.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    while path:
        *_, last = path
        if isinstance(last, str):
            steps = [p for p in _keys(document, ()) if p[-1] == last]
            found = list(re.finditer(rf"(?<![\w-]){re.escape(last)}(?=\s*(?:=|\.|\]))", masked))
            if path in steps and len(found) > (at := steps.index(path)):
                return masked.count("\n", 0, found[at].start()) + 1
        elif path[:-1] == ("rule",):
            heads = list(re.finditer(r"^\s*\[\[\s*rule\s*\]\]", masked, re.MULTILINE))
            if len(heads) > last:
                return masked.count("\n", 0, heads[last].end()) + 1
        path = path[:-1]
    return None


def _keys(value: object, path: Path) -> Iterator[Path]:
    """The path of every key, in the order of the text; of an array of tables only its keys."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            if not (key == "rule" and not path):
                yield (*path, key)
            yield from _keys(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from _keys(inner, (*path, index))
