"""Where everything that a command prints goes through: what must not reach a terminal does not.

Names of files, transcripts, messages of servers and titles are other people's text, and a
terminal obeys what it is sent: an escape sequence may move the cursor, set the window's title, or
have the terminal type an answer.
"""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

import codecs
import io
import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO, cast

import click

from sentivox.wording.paths import text_of

_OBEYED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""Control characters but tab and line feed, and marks that turn the direction of writing."""

_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Those of them that JSON may hold as they are."""

_BREAK: Final = re.compile("\\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\\s*")

_PLAIN: Final = str.maketrans({
    "–": "-", "—": "-", "−": "-", "━": "=", "─": "-", "│": "|", "┃": "|", "·": ".", "●": "*",
    "…": "~", "→": ">", "↓": "v", "×": "x", "±": "~", "’": "'", "“": '"', "”": '"', "█": "#",
    "░": ".", "▁": "_", "▂": "_", "▃": "_", "▄": "=", "▅": "=", "▆": "#", "▇": "#",
})  # fmt: skip
"""What we draw with, for terminals that know no Unicode: as wide as what it stands for."""


def clean(text: str) -> str:
    """Text as a terminal may show it; what it would obey instead becomes U+FFFD."""
    return _OBEYED.sub("\ufffd", text_of(text))


def one_line(text: str) -> str:
    """The same, on one line whatever is in it."""
    return clean(_BREAK.sub(" ", text.strip()))


def echo(text: str = "", *, err: bool = False) -> None:
    """Print text for people: results to stdout, everything else to stderr."""
    click.echo(clean(text), err=err)


def write(data: bytes) -> None:
    """Write results for programs to stdout: as they are, unless it is a terminal."""
    if sys.stdout.isatty():
        text = data.decode("utf-8", "backslashreplace")
        data = clean(_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)).encode()
    click.echo(data, nl=False)


def write_path(path: Path) -> None:
    """Write a path on a line of its own, for scripts to go on with."""
    write(os.fsencode(path) + b"\n")


def write_json(document: object) -> None:
    """Write one JSON document on a line of its own."""
    import msgspec

    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:  # a file's name that is not UTF-8
        data = msgspec.json.encode(_valid(msgspec.to_builtins(document)))
    write(data + b"\n")


def prepare() -> None:
    """Make the standard streams such that text never fails on them.

    What their encoding lacks is written in its nearest likeness, or as "?". Where stderr cannot be
    written to, its lines are lost: they are no reason to lose the work. A stream that was closed
    takes nothing, but no file that is opened later takes its number, and so what is meant for it.
    """
    codecs.register_error("sentivox", _likeness)
    if logging.lastResort is not None:  # takes warnings where a command sets up no log
        logging.lastResort.setFormatter(LogFormatter())
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # takes the lowest number that is free: this one
    out, err = cast("TextIO | None", sys.stdout), cast("TextIO | None", sys.stderr)
    if out is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    elif isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="sentivox")
    if err is sys.__stderr__:
        encoding = "utf-8" if err is None else err.encoding
        raw = io.BufferedWriter(_Forgiving(2, "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, encoding, "sentivox", line_buffering=True)


class LogFormatter(logging.Formatter):
    """Formats lines of a log that may be shown in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and a traceback where there is one."""
        return clean(super().format(record))


class _Forgiving(io.FileIO):
    """Writes what can be written."""

    def write(self, b: Any, /) -> int | None:  # noqa: ANN401  (any buffer)
        """What cannot be written is lost."""
        try:
            return super().write(b)
        except OSError:
            return len(b)


def _likeness(error: UnicodeError) -> tuple[str, int]:
    """What to write for characters that an encoding lacks: its `errors` handler."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(c if c.isascii() else "?" for c in lacking), error.end


def _valid(value: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """The same value, every text in it valid Unicode."""
    match value:
        case str():
            return text_of(value)
        case Mapping():
            return {_valid(k): _valid(v) for k, v in cast("Mapping[Any, Any]", value).items()}
        case Sequence():
            return [_valid(item) for item in cast("Sequence[Any]", value)]
        case _:
            return value
