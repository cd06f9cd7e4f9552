"""Rows of utterances as CSV and Parquet."""

import csv
import io
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, Final

from sentivox.errors import SentivoxError

_FLOATS: Final = {
    "start", "end", "score", "confidence", "text_score", "audio_score", "asr_confidence",
}  # fmt: skip
_INTEGERS: Final = {"channel", "utterance_id"}


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    r"""Write rows as CSV, in UTF-8, each line ended by "\n" alone."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@contextmanager
def parquet_table(
    file: IO[bytes], columns: Sequence[str]
) -> Generator[Callable[[Sequence[Sequence[object]]], None]]:
    """Write a Parquet file: yields a function that appends rows; the file is complete at the end.

    Args:
        file: Where to write.
        columns: Names of the columns; each row has a value for each.

    Raises:
        SentivoxError: pyarrow is not installed.
    """
    try:  # it comes without types
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise SentivoxError('Parquet needs pyarrow: pip install "sentivox[parquet]"') from None
    kinds = {name: arrow.float64() for name in _FLOATS} | dict.fromkeys(_INTEGERS, arrow.int32())
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in columns])
    with parquet.ParquetWriter(file, schema) as writer:

        def append(rows: Sequence[Sequence[object]]) -> None:
            if rows:
                values = dict(zip(columns, zip(*rows, strict=True), strict=True))
                writer.write_table(arrow.table(values, schema=schema))

        yield append
