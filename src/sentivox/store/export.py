"""Stored sessions as JSON lines, CSV or Parquet, a few sessions at a time."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final, Literal

import msgspec

from sentivox.report.document import CSV_COLUMNS
from sentivox.report.tables import csv_lines, parquet_table
from sentivox.store.document import as_json, document
from sentivox.store.read import Kept

Format = Literal["jsonl", "csv", "parquet"]

COLUMNS: Final = ("session_id", "started", *CSV_COLUMNS, "corrected")
"""Columns of the table: those of `analyze --csv`, the session before them, and after them the label
that a person gave."""

_IN_MEMORY: Final = 16 << 20
"""Bytes of a Parquet file that are held in memory; it is only whole at its end."""

_PIECE: Final = 1 << 18


def export(sessions: AsyncIterable[Kept], form: Format) -> AsyncGenerator[bytes]:
    """The sessions in a format, in pieces.

    Raises:
        SentivoxError: Parquet needs pyarrow, which is not installed.
    """
    if form == "jsonl":
        return _json_lines(sessions)
    return _csv(sessions) if form == "csv" else _parquet(sessions)


async def _json_lines(sessions: AsyncIterable[Kept]) -> AsyncGenerator[bytes]:
    async for kept in sessions:
        yield msgspec.json.encode(as_json(kept)) + b"\n"


async def _csv(sessions: AsyncIterable[Kept]) -> AsyncGenerator[bytes]:
    yield csv_lines([COLUMNS])
    async for kept in sessions:
        yield csv_lines(_rows(kept))


async def _parquet(sessions: AsyncIterable[Kept]) -> AsyncGenerator[bytes]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with parquet_table(file, COLUMNS) as append:
            async for kept in sessions:
                append(_rows(kept))
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _rows(kept: Kept) -> list[tuple[object, ...]]:
    labels = {(each.channel, each.utterance_id): each.label for each in kept.corrections}
    listed = kept.listed
    return [
        (
            listed.id,
            listed.started.isoformat(),
            *row,
            labels.get((row.channel, row.utterance_id)),
        )
        for row in document(kept).rows()
    ]
