"""`analyze --resume`: which recordings a file of results has whole, and where they end."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sentivox.errors import SentivoxError
from sentivox.result import COLUMNS


@dataclass(frozen=True, slots=True)
class Whole:
    """What may stay of a file.

    Attributes:
        recordings: Their paths, as they were given.
        size: Bytes that they take, from the beginning of the file.
    """

    recordings: frozenset[str]
    size: int


class _Document(msgspec.Struct):
    """What tells a line of `--json`; the rest of it is not looked at."""

    file: str
    channels: msgspec.Raw


class _Event(msgspec.Struct):
    """What tells a line of `--jsonl`."""

    file: str
    type: str
    seq: int


class _Lines:
    """The lines that were written to their ends, decoded.

    Attributes:
        read: Bytes of those that were taken.
        torn: The line after them is not whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.read = 0
        self.torn = False

    def __iter__(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(b"\0"):  # a piece that `ResultsFile` did not finish
                    return
                if not line.endswith(b"\n"):
                    self.torn = True
                    return
                self.read += len(line)
                yield line.decode()


def whole(path: Path, form: str) -> Whole:
    """What a file of results holds; nothing where there is no such file.

    Args:
        path: The file.
        form: json, jsonl or csv.

    Raises:
        SentivoxError: It holds something else, or cannot be read.
    """
    try:
        return _READERS[form](_Lines(path)) if path.exists() else Whole(frozenset(), 0)
    except OSError as error:
        raise SentivoxError(
            f"cannot read {path}: {error.strerror}; choose another --output"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, csv.Error) as error:
        raise SentivoxError(
            f"{path} holds something else than this version's --{form}:"
            " choose another --output, or leave out --resume"
        ) from error


def _documents(lines: _Lines) -> Whole:
    decoder = msgspec.json.Decoder(_Document)
    return Whole(frozenset(decoder.decode(line).file for line in lines), lines.read)


def _events(lines: _Lines) -> Whole:
    """A recording ends with its Termination."""
    decoder, ended, size = msgspec.json.Decoder(_Event), set[str](), 0
    for line in lines:
        event = decoder.decode(line)
        if event.type == "Termination":
            ended.add(event.file)
            size = lines.read
    return Whole(frozenset(ended), size)


def _rows(lines: _Lines) -> Whole:
    """A recording's rows come as one piece; if the last line is torn, so may that piece be."""
    order, begins, before = list[str](), 0, 0
    for row in csv.reader(iter(lines)):
        if (row != list(COLUMNS)) if before == 0 else (len(row) != len(COLUMNS)):
            raise csv.Error
        if before > 0 and row[0] not in order[-1:]:
            order.append(row[0])
            begins = before
        before = lines.read
    if lines.torn and order:
        return Whole(frozenset(order[:-1]) - {order[-1]}, begins)
    return Whole(frozenset(order), before)


_READERS: Final[dict[str, Callable[[_Lines], Whole]]] = {
    "json": _documents,
    "jsonl": _events,
    "csv": _rows,
}
