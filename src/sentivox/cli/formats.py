"""The output formats of `sentivox analyze`, on stdout or in a file."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from rich.text import Text

from sentivox.api.result import Result
from sentivox.cli.closing import Outcome, table
from sentivox.cli.output import alert_line, stdout, summary_lines, utterance_table
from sentivox.cli.talk_figures import talk_figures
from sentivox.cli.terminal import one_line
from sentivox.cli.terminal import write as write_out
from sentivox.protocol.events import Event, encode
from sentivox.report.document import CSV_COLUMNS
from sentivox.wording.paths import path_text

WriteBytes = Callable[[bytes], None]
"""Writes one complete piece of output: a document, an event, or a recording's rows."""


class Format(Protocol):
    """Writes the events and results of recordings in one output format."""

    def event(self, path: Path, event: Event) -> None:
        """Take an event of the recording at `path`."""
        ...

    def result(self, result: Result) -> None:
        """Take the result of a recording that is done."""
        ...

    def close(self, outcomes: Sequence[Outcome], said: str | None) -> None:
        """Take what there is to tell of all recordings, and one sentence on them, if any."""
        ...


class TableFormat:
    """Prints a table of utterances and a summary to stdout, for people."""

    def __init__(self) -> None:
        self._console = stdout()

    def event(self, path: Path, event: Event) -> None:
        """Do nothing: the progress display shows events."""

    def result(self, result: Result) -> None:
        """Print the table of a recording and its summary."""
        say = self._console.print
        say(Text(one_line(result.file), style="bold"))
        if result.utterances:
            say(utterance_table(result.utterances, result.names))
        else:
            say("no speech was found")
        for part in (*summary_lines(result.summary), *talk_figures(result.summary)):
            say(part)
        for alert in result.summary.alerts:
            say(alert_line(alert))
        if result.lost is not None:
            say(result.lost)
        say()

    def close(self, outcomes: Sequence[Outcome], said: str | None) -> None:
        """Print a table over several recordings, and the sentence."""
        say = self._console.print
        if len(outcomes) > 1:
            say(table(outcomes))
            say()
        if said is not None:
            say(Text(said, style="bold"))


class JsonFormat:
    """Writes one JSON document per recording, each on one line."""

    def __init__(self, write: WriteBytes) -> None:
        self._write = write

    def event(self, path: Path, event: Event) -> None:
        """Do nothing: events are not part of the document."""

    def result(self, result: Result) -> None:
        """Write the recording's document."""
        self._write(msgspec.json.encode(result.document()) + b"\n")

    def close(self, outcomes: Sequence[Outcome], said: str | None) -> None:
        """Do nothing: this is for people, and each recording has been written."""


class JsonLinesFormat:
    """Writes every event as a line of JSON, with the name of its file."""

    def __init__(self, write: WriteBytes) -> None:
        self._write = write

    def event(self, path: Path, event: Event) -> None:
        """WriteBytes the event as one line."""
        line = msgspec.json.encode(path_text(path)).join([b'{"file":', b","])
        self._write(line + encode(event)[1:] + b"\n")

    def result(self, result: Result) -> None:
        """Do nothing: the events have been written."""

    def close(self, outcomes: Sequence[Outcome], said: str | None) -> None:
        """Do nothing: this is for people, and each recording has been written."""


class CsvFormat:
    """Writes one CSV row per utterance, in order of time, after one header for all recordings.

    Args:
        write: Takes the rows.
        headed: The output already has a header.
    """

    def __init__(self, write: WriteBytes, *, headed: bool = False) -> None:
        self._write = write
        if not headed:
            self._rows([CSV_COLUMNS])

    def event(self, path: Path, event: Event) -> None:
        """Do nothing: rows are written at the end, in order of time."""

    def result(self, result: Result) -> None:
        """Write the recording's rows."""
        self._rows(result.rows())

    def close(self, outcomes: Sequence[Outcome], said: str | None) -> None:
        """Do nothing: this is for people, and each recording has been written."""

    def _rows(self, rows: Iterable[Sequence[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._write(text.getvalue().encode())


def make_format(name: str, write: WriteBytes = write_out, *, headed: bool = False) -> Format:
    """Create the output format of this name.

    Args:
        name: "json", "jsonl" or "csv"; any other name means the table, always on stdout.
        write: Writes the output.
        headed: The output already has rows, so no CSV header is written.
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
