"""Stored sessions as JSON lines, CSV or Parquet, a few sessions at a time."""

import csv
import io
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable
from importlib import import_module
from typing import Any, Final, Literal

import msgspec

from sentivox.errors import SentivoxError
from sentivox.report.document import CSV_COLUMNS
from sentivox.store.document import as_json, document
from sentivox.store.read import Kept

Format = Literal["jsonl", "csv", "parquet"]

COLUMNS: Final = ("session_id", "started", *CSV_COLUMNS, "corrected")
"""Columns of the table: those of `analyze --csv`, the session before them, and after them the label
that a person gave."""

_FLOATS: Final = {
    "start", "end", "score", "confidence", "text_score", "audio_score", "asr_confidence",
}  # fmt: skip
_IN_MEMORY: Final = 16 << 20
"""Bytes of a Parquet file that are held in memory; it is only whole at its end."""

_PIECE: Final = 1 << 18

_INTEGERS: Final = {"channel", "utterance_id"}


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
    yield _csv_lines([COLUMNS])
    async for kept in sessions:
        yield _csv_lines(_rows(kept))


async def _parquet(sessions: AsyncIterable[Kept]) -> AsyncGenerator[bytes]:
    try:  # it comes without types
        pa: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise SentivoxError('Parquet needs pyarrow: pip install "sentivox[parquet]"') from None
    kinds = {name: pa.float64() for name in _FLOATS} | {name: pa.int32() for name in _INTEGERS}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with parquet.ParquetWriter(file, schema) as writer:
            async for kept in sessions:
                if rows := _rows(kept):
                    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
                    writer.write_table(pa.table(columns, schema=schema))
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _rows(kept: Kept) -> list[tuple[Any, ...]]:
    labels = {(each.channel, each.utterance_id): each.label for each in kept.corrections}
    listed = kept.listed
    channel, said = CSV_COLUMNS.index("channel"), CSV_COLUMNS.index("utterance_id")
    rows: list[tuple[Any, ...]] = document(kept).rows()
    return [
        (listed.id, listed.started.isoformat(), *row, labels.get((row[channel], row[said])))
        for row in rows
    ]


def _csv_lines(rows: Any) -> bytes:  # noqa: ANN401
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
