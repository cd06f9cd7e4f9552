"""What a result writes: the same as the command line does, whole or not at all."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import srt as subrip
import webvtt

from sentivox.api.result import Result
from sentivox.errors import SentivoxError, UsageError
from sentivox.report.document import CSV_COLUMNS
from tests.report.made import result, utterance

RESULT = result(
    [
        utterance(1, 0.5, 2.0, 0.6, "Good morning, 你好"),
        utterance(1, 2.5, 4.0, -0.7, 'I said "now",\nplease', channel=1),
        utterance(2, 5.0, 6.0, None, None, channel=1),
    ],
    channels=2,
)
WRITERS = [Result.to_json, Result.to_csv, Result.to_parquet]


def test_json_is_the_document_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    RESULT.to_json(path)
    text = path.read_text("utf-8")
    assert json.loads(text) == RESULT.document()
    assert text.endswith("}\n")
    assert text.count("\n") == 1


def test_csv_has_a_header_and_a_row_an_utterance(tmp_path: Path) -> None:
    RESULT.to_csv(str(tmp_path / "call.csv"))
    with (tmp_path / "call.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert [row["transcript"] for row in rows] == [
        "Good morning, 你好",
        'I said "now",\nplease',
        "",
    ]


def test_parquet_holds_what_the_data_frame_does(tmp_path: Path) -> None:
    path = tmp_path / "call.parquet"
    RESULT.to_parquet(path)
    frame, table = RESULT.to_dataframe(), pd.read_parquet(path)
    assert list(table.columns) == list(frame.columns) == list(CSV_COLUMNS)
    assert table["transcript"].to_list()[:2] == frame["transcript"].to_list()[:2]
    assert table["score"].to_list()[:2] == [0.6, -0.7]
    assert table["score"].isna().to_list() == [False, False, True]


def test_columns_of_parquet_have_their_types_even_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "call.parquet"
    schemas = []
    for written in (result([]), RESULT):
        written.to_parquet(path)
        schemas.append(pq.read_schema(path))
    assert schemas[0] == schemas[1]
    assert [str(schemas[0].field(name).type) for name in ("file", "channel", "score")] == [
        "string", "int32", "double",
    ]  # fmt: skip


def test_parquet_asks_for_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as if it were not installed
    path = tmp_path / "call.parquet"
    with pytest.raises(SentivoxError, match=r'pyarrow: pip install "sentivox\[parquet\]"'):
        RESULT.to_parquet(path)
    assert not path.exists()


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("place", "error", "says"),
    [
        (None, UsageError, "path must be the path of the file to write, not None"),
        (b"call", UsageError, "not bytes"),
        ("no/such/folder/call", SentivoxError, "cannot write .*No such file or directory"),
        (".", SentivoxError, "cannot write .*; choose another path"),
        ("a\0b", SentivoxError, "null byte"),
    ],
)
def test_a_file_that_cannot_be_written(
    write: Callable[[Result, Any], None],
    place: Any,
    error: type[SentivoxError],
    says: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=says) as refused:
        write(RESULT, tmp_path / place if isinstance(place, str) else place)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_subtitles_are_text() -> None:
    cues = list(subrip.parse(RESULT.srt(sentiment=True)))
    assert [cue.content for cue in cues] == [
        "Channel 1: [positive] Good morning, 你好",
        'Channel 2: [negative] I said "now", please',
    ]
    captions = webvtt.from_string(RESULT.vtt()).captions
    assert [caption.voice for caption in captions] == ["Channel 1", "Channel 2"]
    assert "[positive]" not in RESULT.srt()
    assert "[negative]" in RESULT.vtt(sentiment=True)
