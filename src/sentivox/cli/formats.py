"""The forms in which `analyze` writes its results on stdout."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import click
import msgspec
from rich.text import Text

from sentivox.cli.output import stdout, summary_lines, utterance_table
from sentivox.result import COLUMNS, Result
from sentivox.stream.events import Event, encode


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
        say(Text(result.file, style="bold"))
        if result.utterances:
            say(utterance_table(result.utterances, channels=len(result.channels)))
        else:
            say("no speech was found")
        for line in summary_lines(result.summary):
            say(line)
        say()


class JsonFormat:
    """One document a recording, one line each."""

    def event(self, path: Path, event: Event) -> None:
        """Events are not part of the document."""

    def result(self, result: Result) -> None:
        """The document."""
        click.echo(msgspec.json.encode(result.document()))


class JsonLinesFormat:
    """Every event as it comes, with the file it is of."""

    def event(self, path: Path, event: Event) -> None:
        """One line, at once."""
        line = msgspec.json.encode(str(path)).join([b'{"file":', b","])
        click.echo(line + encode(event)[1:])

    def result(self, result: Result) -> None:
        """All of it is out."""


class CsvFormat:
    """One row an utterance, in the order of time; one header for all recordings."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def event(self, path: Path, event: Event) -> None:
        """Rows are written once they are in order."""

    def result(self, result: Result) -> None:
        """The recording's rows."""
        self._writer.writerows(result.rows())
        sys.stdout.flush()


def make_format(name: str) -> Format:
    """The form called `name`: table, json, jsonl or csv."""
    forms: dict[str, Callable[[], Format]] = {
        "table": TableFormat,
        "json": JsonFormat,
        "jsonl": JsonLinesFormat,
        "csv": CsvFormat,
    }
    return forms[name]()
