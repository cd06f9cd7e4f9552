"""`analyze --resume`: finds the recordings that a file of results holds completely."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from sentivox.cli.results_file import ByteRange
from sentivox.errors import SentivoxError
from sentivox.protocol.degraded import words_lost
from sentivox.report.document import CSV_COLUMNS

_DEGRADED: Final = CSV_COLUMNS.index("degraded")
"""Index of the CSV column "degraded"."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The complete recordings in a file of results; those with lost transcripts do not count.

    Attributes:
        recordings: Paths of the recordings, as they were given.
        pieces: Spans of their results in the file, in order, preceded by a header's, if any.
    """

    recordings: frozenset[str]
    pieces: Sequence[ByteRange]


class _Document(msgspec.Struct):
    """The fields read from a line of `--json`."""

    file: str
    channels: msgspec.Raw
    words_missing: int = 0


class _Event(msgspec.Struct):
    """The fields read from a line of `--jsonl`."""

    file: str
    type: str
    seq: int
    words_missing: int = 0  # only in a Summary


class _Lines:
    """Iterates over the complete lines of a file, decoded as UTF-8.

    Attributes:
        read: Bytes of the lines yielded so far.
        torn: Whether the file ends with an incomplete line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.read = 0
        self.torn = False

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(b"\0"):  # an unfinished piece of `ResultsFile`
                    return
                if not line.endswith(b"\n"):
                    self.torn = True
                    return
                self.read += len(line)
                yield line.decode()


def whole(path: Path, form: str) -> Whole:
    """Find the complete recordings in a file of results; none if the file does not exist.

    Args:
        path: The file.
        form: Its format: "json", "jsonl" or "csv".

    Raises:
        SentivoxError: The file has another format, or cannot be read.
    """
    try:
        return _READERS[form](_Lines(path)) if path.exists() else Whole(frozenset(), ())
    except OSError as error:
        raise SentivoxError(
            f"cannot read {path}: {error.strerror}; choose another --output"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, csv.Error) as error:
        raise SentivoxError(
            f"{path} was not written by this version's --{form}:"
            " choose another --output, or leave out --resume"
        ) from error


def _documents(lines: _Lines) -> Whole:
    decoder, found, at = msgspec.json.Decoder(_Document), list[_Piece](), 0
    for line in lines:
        document = decoder.decode(line)
        found.append(_Piece(document.file, (at, lines.read), document.words_missing == 0))
        at = lines.read
    return _of(found)


def _events(lines: _Lines) -> Whole:
    """Read lines of `--jsonl`; a recording is complete with its Termination."""
    decoder, found, at, sound = msgspec.json.Decoder(_Event), list[_Piece](), 0, True
    for line in lines:
        event = decoder.decode(line)
        sound = sound and event.words_missing == 0
        if event.type == "Termination":
            found.append(_Piece(event.file, (at, lines.read), sound))
            at, sound = lines.read, True
    return _of(found)


def _rows(lines: _Lines) -> Whole:
    """Read rows of `--csv`; consecutive rows of a file are one recording.

    If the last line is torn, the recording of the last complete row may be incomplete.
    """
    header, found, at = (0, 0), list[_Piece](), 0
    for row in csv.reader(iter(lines)):
        if (row != list(CSV_COLUMNS)) if at == 0 else (len(row) != len(CSV_COLUMNS)):
            raise csv.Error
        if at == 0:
            header = (0, lines.read)
        else:
            sound = not words_lost(row[_DEGRADED].split())
            if found and found[-1].file == row[0]:
                last = found.pop()
                found.append(_Piece(row[0], (last.span[0], lines.read), last.sound and sound))
            else:
                found.append(_Piece(row[0], (at, lines.read), sound))
        at = lines.read
    if lines.torn and found:
        torn = found.pop()
        found = [replace(piece, sound=piece.sound and piece.file != torn.file) for piece in found]
    whole = _of(found)
    return Whole(whole.recordings, (header, *whole.pieces) if header[1] else ())


@dataclass(frozen=True, slots=True)
class _Piece:
    """A recording's span in a file of results; `sound`: no transcripts were lost."""

    file: str
    span: ByteRange
    sound: bool


def _of(found: Sequence[_Piece]) -> Whole:
    sound = [piece for piece in found if piece.sound]
    return Whole(frozenset(p.file for p in sound), tuple(p.span for p in sound))


_READERS: Final[dict[str, Callable[[_Lines], Whole]]] = {
    "json": _documents,
    "jsonl": _events,
    "csv": _rows,
}
"""Reader of each output format."""
