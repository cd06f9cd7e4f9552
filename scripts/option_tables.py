"""Generate the option tables in docs/*.md from the schemas of the options.

    python scripts/option_tables.py            # update the tables
    python scripts/option_tables.py --check    # name the documents that are out of date, and fail

A table is placed between `<!-- options: NAME -->` and `<!-- /options -->`.
"""

import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import NODEFAULT

from sentivox.protocol.alert_rules import CONDITIONS, RuleOptions, Scoped
from sentivox.protocol.option_values import Option, Schema, option_text, options
from sentivox.protocol.options import (
    Endpointing,
    LiveOptions,
    RecordingOptions,
    StreamOptions,
    StreamQuery,
)
from sentivox.server.operator import GROUPS
from sentivox.server.operator_sources import shown

DOCS: Final = Path(__file__).parents[1] / "docs"
PLACE: Final = re.compile(r"<!-- options: (\S+) -->\n.*?<!-- /options -->", re.DOTALL)


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Format a Markdown table; the cells of `head` are separated by bars."""
    lines = [f"| {head} |", "|---" * (head.count("|") + 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def wire(schema: Schema, head: str) -> str:
    """Return the table of options in a message or a query."""
    return table(f"{head} | values | default | what", map(_row, options(schema).values()))


def _row(option: Option) -> tuple[str, str, str, str]:
    default = "" if option.default in (None, (), NODEFAULT) else f"`{option_text(option.default)}`"
    return f"`{option.name}`", option.values, default, option.description


def condition(schema: Schema) -> str:
    """Return the table of the keys of a condition of alert rules, but for whose speech it is."""
    scope = options(Scoped).keys()
    own = (option for option in options(schema).values() if option.name not in scope)
    return table("key | values | default | what", map(_row, own))


def python() -> str:
    """Return the table of options as keyword arguments in Python."""
    rows = (
        (f"`{o.name}`", f"`{o.default!r}`".replace("'", '"'), o.description)
        for o in options(LiveOptions).values()
    )
    return table("argument | default | what", rows)


def javascript() -> str:
    """Return the table of options as JavaScript properties, without `encoding`: it is fixed."""
    sent = ("sample_rate", "channels", "language", "modalities")
    rows = (
        (
            f"`{_camel(o.name)}`",
            f"`{_script(o.default)}`" if o.name in sent else "null",
            o.description,
        )
        for o in options(StreamOptions).values()
        if o.name != "encoding"
    )
    return table("option | default | what", rows)


def settings() -> str:
    """Return the table of the server's settings, by their names in the configuration file."""
    rows = [
        (f"`{name}`", f"`{shown(name)}`" if shown(name) else "", _cell(field.description or ""))
        for group in GROUPS
        for name, field in group.model_fields.items()
    ]
    return table("setting | default | what", rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _script(value: object) -> str:
    shown = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return shown.replace("'", '"')


TABLES: Final[dict[str, Callable[[], str]]] = {
    **{f"alerts-{name}": partial(condition, schema) for name, schema in CONDITIONS.items()},
    "alerts-rule": partial(wire, RuleOptions, "key"),
    "alerts-scope": partial(wire, Scoped, "key"),
    "stream": lambda: wire(StreamQuery, "query"),
    "endpointing": lambda: wire(Endpointing, "`endpointing`"),
    "recording": lambda: wire(RecordingOptions, "option"),
    "live": python,
    "javascript": javascript,
    "settings": settings,
}


def updated(text: str) -> str:
    """Return a document with its tables generated anew."""
    return PLACE.sub(
        lambda match: f"<!-- options: {match[1]} -->\n\n{TABLES[match[1]]()}\n\n<!-- /options -->",
        text,
    )


def main() -> int:
    """Update the documents, or with `--check` return 1 if any is out of date."""
    stale: list[str] = []
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (new := updated(text)) != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"{', '.join(stale)}: run python scripts/option_tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
