"""Output functions of all commands, which keep control sequences from reaching a terminal.

File names, transcripts, messages of servers and titles are untrusted text. An escape sequence in
them could move the cursor, set the window's title, or make the terminal send input.
"""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

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

from sentivox.wording.paths import path_text

_OBEYED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""Control characters except tab and line feed, and marks that change the text direction."""

_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""The subset of them that JSON strings may contain unescaped."""

_BREAK: Final = re.compile("\\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\\s*")
"""A line break of any kind, with the white space around it."""

_PLAIN: Final = str.maketrans({
    "–": "-", "—": "-", "−": "-", "━": "=", "─": "-", "│": "|", "┃": "|", "·": ".", "●": "*",
    "…": "~", "→": ">", "↓": "v", "×": "x", "±": "~", "’": "'", "“": '"', "”": '"', "█": "#",
    "░": ".", "▁": "_", "▂": "_", "▃": "_", "▄": "=", "▅": "=", "▆": "#", "▇": "#",
})  # fmt: skip
"""ASCII replacements of the same width for characters used in output, if not encodable."""


def clean(text: str) -> str:
    """Make text safe for a terminal: control characters become U+FFFD."""
    return _OBEYED.sub("\ufffd", path_text(text))


def one_line(text: str) -> str:
    """Make text safe for a terminal as `clean` does, and join its lines with spaces."""
    return clean(_BREAK.sub(" ", text.strip()))


def echo(text: str = "", *, err: bool = False) -> None:
    """Print text for people: results to stdout, everything else to stderr."""
    click.echo(clean(text), err=err)


def write(data: bytes) -> None:
    """Write results for programs to stdout: unchanged, or made safe if it is a terminal."""
    if sys.stdout.isatty():
        text = data.decode("utf-8", "backslashreplace")
        data = clean(_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)).encode()
    click.echo(data, nl=False)


def write_path(path: Path) -> None:
    """Write a path and a line feed to stdout, for use in scripts."""
    write(os.fsencode(path) + b"\n")


def write_json(document: object) -> None:
    """Write a JSON document and a line feed to stdout."""
    import msgspec

    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:  # a file's name that is not UTF-8
        data = msgspec.json.encode(_valid(msgspec.to_builtins(document)))
    write(data + b"\n")


def prepare() -> None:
    """Set up the standard streams so that writing text to them never fails.

    Characters that their encoding lacks are replaced by similar ones or "?". If stderr cannot be
    written to, its lines are dropped, because they are no reason to lose work. A closed stream's
    file descriptor is opened on /dev/null, so that no later file gets its number and its output.
    """
    codecs.register_error("sentivox", _likeness)
    if logging.lastResort is not None:  # handles warnings if a command configures no logging
        logging.lastResort.setFormatter(LogFormatter())
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # gets the lowest free number, which is this one
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
    """A log formatter that makes records safe for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record, with a traceback if it has one."""
        return clean(super().format(record))


class _Forgiving(io.FileIO):
    """A raw file that ignores failed writes."""

    def write(self, b: Any, /) -> int | None:  # noqa: ANN401  (any buffer)
        """Write the bytes; report them as written even if that fails."""
        try:
            return super().write(b)
        except OSError:
            return len(b)


def _likeness(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: replaces characters that the encoding lacks by ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(c if c.isascii() else "?" for c in lacking), error.end


def _valid(value: Any) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """A copy of a JSON-like value in which every string is valid Unicode."""
    match value:
        case str():
            return path_text(value)
        case Mapping():
            return {_valid(k): _valid(v) for k, v in cast("Mapping[Any, Any]", value).items()}
        case Sequence():
            return [_valid(item) for item in cast("Sequence[Any]", value)]
        case _:
            return value
