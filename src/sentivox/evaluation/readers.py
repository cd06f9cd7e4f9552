"""Reads labelled data in any known layout as a list of examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.layouts import read_named
from sentivox.evaluation.tables import MANIFEST, read_table

T = TypeVar("T")

__all__ = ["Example", "read_examples"]

LABELS_FILE: Final = "labels.csv"
"""Table of emotional speech: file, dataset, speaker, gender, emotion, …"""

KNOWN: Final = f"{LABELS_FILE}, {MANIFEST}, *.tsv.gz, RAVDESS, TESS, EMO-DB, CREMA-D"
"""The known layouts, for error messages."""


def read_examples(
    path: Path, *, split: str | None = None, limit: int | None = None
) -> list[Example]:
    """Read labelled data; the layout is recognised from the files present.

    Args:
        path: A table (see `tables`), a folder with a table, a corpus as distributed (see
            `layouts`), or a folder of several of these.
        split: Read only examples of this split.
        limit: Maximum number of examples, taken evenly through the data, because sources are often
            sorted by label.

    Raises:
        DataError: There is no readable data, or none of that split.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist: check the name")
    found = read_folder(path) if path.is_dir() else read_table(path, path.name.partition(".")[0])
    if not found:
        raise DataError(f"{path} holds no labelled data in a known layout ({KNOWN})")
    return spread(_of_split(found, split, path), limit)


def read_folder(folder: Path) -> list[Example]:
    """All examples in and below a folder; empty if it has no known layout."""
    for table in (folder / LABELS_FILE, folder / MANIFEST):
        if table.is_file():
            return read_table(table, folder.name)
    sentences = sorted((*folder.glob("*.tsv.gz"), *folder.glob("*.tsv")))
    if sentences:
        return [e for table in sentences for e in read_table(table, table.name.partition(".")[0])]
    parts = sorted(p for p in folder.iterdir() if p.is_dir())
    if any((part / name).is_file() for part in parts for name in (LABELS_FILE, MANIFEST)):
        return [example for part in parts for example in read_folder(part)]
    return read_named(folder)


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` of the items, evenly spaced; deterministic."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i * len(items) // limit] for i in range(limit)]


def splits(examples: Sequence[Example]) -> list[str]:
    """Names of the splits that occur."""
    return sorted({e.split for e in examples if e.split is not None})


def _of_split(examples: list[Example], split: str | None, path: Path) -> list[Example]:
    if split is None:
        return examples
    kept = [e for e in examples if e.split == split]
    if not kept:
        there = ", ".join(splits(examples)) or "none"
        raise DataError(f"{path} has nothing of split {split!r}; its splits: {there}")
    return kept
