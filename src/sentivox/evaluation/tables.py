"""Reads examples from tables: users' CSV, `labels.csv`, `manifest.tsv`, gzip TSV of sentences.

The first line names the columns, in any order: `file` (relative to the table) or `text`; `label`
(or `emotion`), `transcript`, `speaker`, `gender`, `corpus` (or `dataset`), `split`. Others are
ignored. Tables are UTF-8. Those with `.tsv` in their name are separated by tabs, without quoting.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.labels import Meaning, gender, meaning

MANIFEST: Final = "manifest.tsv"
"""Table of speech with transcripts. Its `label`, if filled, is the speaker's gender."""

_NOTHING: Final = Meaning(None, None)
"""The meaning of a missing label."""


def read_table(path: Path, corpus: str | None = None) -> list[Example]:
    """Read all rows of a table as examples.

    Args:
        path: The table; `.gz` is decompressed.
        corpus: Name of the data set for rows without one.

    Raises:
        DataError: The table cannot be read, lacks a column, names a missing file, or has an
            unknown label.
    """
    return [_example(path, line, row, corpus) for line, row in read_rows(path, ("file", "text"))]


def read_rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the values of each row, by column name in lower case.

    Args:
        path: The table; `.gz` is decompressed.
        needed: Columns of which the table must have at least one.

    Raises:
        DataError: The table cannot be read, or has none of these columns.
    """
    tabs = ".tsv" in path.suffixes
    try:
        with _open(path) as lines:
            rows = csv.reader(
                lines,
                delimiter="\t" if tabs else ",",
                quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
            )
            header = [name.strip().lower() for name in next(rows, list[str]())]
            if not set(needed) & set(header):
                msg = (
                    f"{path} needs a column named {' or '.join(needed)} in its first line; "
                    f"it has: {', '.join(header) or 'nothing'}"
                )
                raise DataError(msg)
            for row in rows:
                if row:
                    yield rows.line_num, dict(zip(header, row, strict=False))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except (csv.Error, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a table in UTF-8: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _example(path: Path, line: int, row: dict[str, str], corpus: str | None) -> Example:
    label = row.get("label") or row.get("emotion") or None
    sex = row.get("gender")
    if path.name == MANIFEST:
        label, sex = None, sex or label
    try:
        meant = _NOTHING if label is None else meaning(label)
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {error}") from error
    file = path.parent / row["file"] if row.get("file") else None
    if file is not None and not file.is_file():
        raise DataError(f"{path}, line {line}: there is no file {file}; check the column 'file'")
    if file is None and row.get("text") is None:
        raise DataError(f"{path}, line {line}: neither a file nor a text; fill one in")
    return Example(
        file=file,
        text=row.get("text"),
        label=label,
        emotion=meant.emotion,
        sentiment=meant.sentiment,
        transcript=row.get("transcript") or None,
        speaker=row.get("speaker") or None,
        group=gender(sex),
        corpus=row.get("corpus") or row.get("dataset") or corpus,
        split=row.get("split") or None,
    )
