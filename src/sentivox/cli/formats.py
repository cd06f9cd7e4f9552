"""The forms in which `analyze` writes its results on stdout."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import click
import msgspec
from rich.text import Text

from sentivox.cli.output import stdout, summary_lines, utterance_table
from sentivox.result import Result
from sentivox.stream.events import Event, Sentiment, Utterance, encode

COLUMNS: Final = (
    "file", "channel", "utterance_id", "start", "end", "label", "score", "confidence",
    "text_score", "audio_score", "transcript", "asr_confidence", "degraded",
)  # fmt: skip


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
        for u in result.utterances:
            self._writer.writerow(_row(result.file, u))
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


def _row(file: str, u: Utterance) -> list[object]:
    return [
        file, u.channel, u.utterance_id, u.start, u.end,
        u.fused.label if u.fused else None,
        u.fused_score,
        u.fused.confidence if u.fused else None,
        _score(u.text_sentiment), _score(u.audio_sentiment),
        u.transcript, u.asr_confidence, " ".join(u.degraded),
    ]  # fmt: skip


def _score(sentiment: Sentiment | None) -> float | None:
    return sentiment.score if sentiment else None
