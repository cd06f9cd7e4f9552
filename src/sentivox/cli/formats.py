"""The forms in which `analyze` writes its results, on stdout or into a file."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from rich.text import Text

from sentivox.api.result import Result
from sentivox.cli.output import stdout, summary_lines, utterance_table
from sentivox.cli.terminal import one_line
from sentivox.cli.terminal import write as write_out
from sentivox.protocol.events import Event, encode
from sentivox.report.document import COLUMNS
from sentivox.wording.paths import text_of

Write = Callable[[bytes], None]
"""Takes whole pieces: a document, an event, a recording's rows."""


class Format(Protocol):
    """Writes what comes; each result whole, as soon as it is known."""

    def event(self, path: Path, event: Event) -> None:
        """An event of the recording at `path`."""
        ...

    def result(self, result: Result) -> None:
        """A recording is done."""
        ...


class TableFormat:
    """For people: a table and what it amounts to."""

    def __init__(self) -> None:
        self._console = stdout()

    def event(self, path: Path, event: Event) -> None:
        """Shown by the progress display instead."""

    def result(self, result: Result) -> None:
        """The whole recording at once."""
        say = self._console.print
        say(Text(one_line(result.file), style="bold"))
        if result.utterances:
            say(utterance_table(result.utterances, channels=len(result.channels)))
        else:
            say("no speech was found")
        for line in summary_lines(result.summary):
            say(line)
        if result.lost is not None:
            say(result.lost)
        say()


class JsonFormat:
    """One document a recording, one line each."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def event(self, path: Path, event: Event) -> None:
        """Events are not part of the document."""

    def result(self, result: Result) -> None:
        """The document."""
        self._write(msgspec.json.encode(result.document()) + b"\n")


class JsonLinesFormat:
    """Every event as it comes, with the file it is of."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def event(self, path: Path, event: Event) -> None:
        """One line, at once."""
        line = msgspec.json.encode(text_of(path)).join([b'{"file":', b","])
        self._write(line + encode(event)[1:] + b"\n")

    def result(self, result: Result) -> None:
        """All of it is out."""


class CsvFormat:
    """One row an utterance, in the order of time; one header for all recordings."""

    def __init__(self, write: Write, *, headed: bool = False) -> None:
        self._write = write
        if not headed:
            self._rows([COLUMNS])

    def event(self, path: Path, event: Event) -> None:
        """Rows are written once they are in order."""

    def result(self, result: Result) -> None:
        """The recording's rows."""
        self._rows(result.rows())

    def _rows(self, rows: Iterable[Sequence[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write(text.getvalue().encode())


def make_format(name: str, write: Write = write_out, *, headed: bool = False) -> Format:
    """The form called `name`: table (on stdout always), json, jsonl or csv.

    Args:
        name: Of the form.
        write: Takes what is written.
        headed: It goes on where rows are already.
    """
    match name:
        case "json":
            return JsonFormat(write)
        case "jsonl":
            return JsonLinesFormat(write)
        case "csv":
            return CsvFormat(write, headed=headed)
        case _:
            return TableFormat()
