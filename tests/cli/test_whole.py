"""`analyze --output FILE --resume`: whatever ended the run before, the file ends up the same."""

import contextlib
import csv
import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.cli.results_file import ResultsFile
from sentivox.cli.resume import whole
from sentivox.errors import SentivoxError
from sentivox.report.document import CSV_COLUMNS
from sentivox.samples import CALL
from tests.cli.conftest import Sentivox

FORMS = ("json", "jsonl", "csv")

Pieces = list[tuple[str, bytes]]
"""Whose it is ("" for a header), and what is appended at once."""


def pieces(form: str, recordings: dict[str, int], lacking: Collection[str] = frozenset()) -> Pieces:
    """What a run over recordings, with so many utterances each, appends; some lack words."""
    made: Pieces = [("", row(CSV_COLUMNS))] if form == "csv" else []
    for name, utterances in recordings.items():
        if form == "json":
            fields = {"words_missing": 1} if name in lacking else {}
            made.append((name, line(file=name, channels=[0] * utterances, profile="x", **fields)))
        elif form == "csv":
            cells = [name, *["words, said"] * (len(CSV_COLUMNS) - 1)]
            last = list(cells)
            if name in lacking:
                last[CSV_COLUMNS.index("degraded")] = "asr_late asr_failed:timeout"
            made.append((name, row(cells) * (utterances - 1) + row(last)))
        else:
            kinds = ["Begin", *["Utterance"] * utterances, "Summary", "Termination"]
            for i, kind in enumerate(kinds, 1):
                lost = {"words_missing": int(name in lacking)} if kind == "Summary" else {}
                made.append((name, line(file=name, type=kind, seq=i, **lost)))
    return made


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def row(cells: tuple[str, ...] | list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


@given(
    form=st.sampled_from(FORMS),
    counts=st.lists(st.integers(1, 3), max_size=4),
    where=st.floats(0, 1),
    hole=st.booleans(),
)
def test_after_any_interruption_what_is_whole_is_known(
    form: str, counts: list[int], where: float, *, hole: bool
) -> None:
    made = pieces(form, {f"calls/ä {i}.wav": n for i, n in enumerate(counts)})
    data = b"".join(piece for _, piece in made)
    cut = round(where * len(data))
    ends = [0]
    for _, piece in made:
        ends.append(ends[-1] + len(piece))
    whole_pieces = max(i for i, end in enumerate(ends) if end <= cut)
    # Our own writer leaves a piece that it could not finish with a 0 at its beginning.
    left = data[: ends[whole_pieces]] + b"\0" + data[ends[whole_pieces] + 1 : cut]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        path.write_bytes(left if hole else data[:cut])
        found = whole(path, form)
    kept, lost = made[:whole_pieces], made[whole_pieces:]
    names = {name for name, _ in kept if name} - {name for name, _ in lost}
    assert found.recordings <= names
    if hole or cut == len(data):
        assert found.recordings == names
    # What stays are those recordings' pieces and the header, and nothing else.
    ours = [piece for name, piece in made if name in found.recordings]
    header = made[0][1] if form == "csv" and whole_pieces else b""
    assert b"".join(data[start:end] for start, end in found.pieces) == header + b"".join(ours)


@given(form=st.sampled_from(FORMS), lacking=st.lists(st.booleans(), min_size=1, max_size=5))
def test_recordings_that_lack_words_are_taken_out_of_the_file(
    form: str, lacking: list[bool]
) -> None:
    names = [f"calls/ä {i}.wav" for i in range(len(lacking))]
    lack = {name for name, lacks in zip(names, lacking, strict=True) if lacks}
    made = pieces(form, dict.fromkeys(names, 2), lack)
    sound = [(name, piece) for name, piece in made if name not in lack]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        path.write_bytes(b"".join(piece for _, piece in made))
        found = whole(path, form)
        assert found.recordings == {name for name, _ in sound if name}
        with ResultsFile(path) as file:
            file.begin(found.pieces)
        assert path.read_bytes() == b"".join(piece for _, piece in sound)


def full_after(writes: int) -> Callable[[int, bytes, int], int]:
    """An `os.pwrite` on a disk that is full after so many writes."""
    real, left = os.pwrite, iter(range(writes))

    def pwrite(descriptor: int, data: bytes, at: int) -> int:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, data, at)

    return pwrite


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("writes", range(8))
def test_if_that_is_interrupted_what_is_whole_is_still_known(
    form: str, writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["bad 1", "good 1", "bad 2", "good 2", "good 3"]
    made = pieces(form, dict.fromkeys(names, 2), {"bad 1", "bad 2"})
    path = tmp_path / "out"
    path.write_bytes(b"".join(piece for _, piece in made))
    found = whole(path, form)
    monkeypatch.setattr(os, "pwrite", full_after(writes))
    with contextlib.suppress(SentivoxError), ResultsFile(path) as file:
        file.begin(found.pieces)
    monkeypatch.undo()
    again = whole(path, form)
    expected = [name for name, n in (("good 1", 2), ("good 2", 4), ("good 3", 6)) if writes >= n]
    assert again.recordings >= set(expected)
    assert again.recordings <= set(names)
    data = path.read_bytes()
    for start, end in again.pieces:
        assert data[start:end] in b"".join(piece for _, piece in made)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_such_output_is_left_alone(form: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nof today\n")
    with pytest.raises(SentivoxError, match=f"was not written by this version's --{form}"):
        whole(path, form)
    assert path.read_text() == "my notes\nof today\n"


def test_a_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(row(CSV_COLUMNS[:-1]))
    with pytest.raises(SentivoxError, match="choose another --output"):
        whole(path, "csv")


def test_pieces_follow_what_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"one\ntw")
    with ResultsFile(path) as file:
        assert path.read_bytes() == b"one\ntw"
        file.begin([(0, 4)])
        file.append(b"three\n")
        file.append(b"")
        file.append(b"4\n")
    assert path.read_bytes() == b"one\nthree\n4\n"


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory, turns: Path) -> Path:
    """A folder of three recordings."""
    folder = tmp_path_factory.mktemp("calls")
    (folder / "1.wav").symlink_to(turns / "b.wav")
    (folder / "2.flac").symlink_to(CALL)
    (folder / "3.wav").symlink_to(turns / "sub" / "a.WAV")
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_resumed_run_writes_what_an_uninterrupted_one_does(
    sentivox: Sentivox, calls: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    command = ("analyze", calls, f"--{form}", "-o", out, "--modalities", "audio")
    done = sentivox(*command)
    assert (done.returncode, done.stdout) == (0, "")
    uninterrupted = out.read_bytes()
    out.write_bytes(uninterrupted[: len(uninterrupted) * 2 // 3])
    again = sentivox(*command, "--resume")
    assert again.returncode == 0
    assert f"1 of 3 recordings are in {out}" in again.stderr.splitlines()
    assert timeless(out.read_bytes()) == timeless(uninterrupted)
    assert sentivox(*command, "--resume").stderr.splitlines() == [f"3 of 3 recordings are in {out}"]


def test_a_killed_run_loses_the_recording_under_way_and_no_other(
    sentivox: Sentivox, calls: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    options = (calls, "--jsonl", "-o", out, "--modalities", "audio", "-q")
    command = [sys.executable, "-m", "sentivox", "analyze", *map(str, options)]
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (out.exists() and b"2.flac" in out.read_bytes()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = whole(out, "jsonl")
    assert str(calls / "1.wav") in found.recordings
    assert sentivox("analyze", *options, "--resume").returncode == 0
    resumed = timeless(out.read_bytes())
    out.unlink()
    assert sentivox("analyze", *options).returncode == 0
    assert timeless(out.read_bytes()) == resumed


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--json", "--resume"), "--resume needs --output"),
        (("--resume", "-o", "nowhere"), "--output needs --json, --jsonl or --csv"),
        (("--json", "--resume", "-o", "nowhere", "--report", "r.html"), "--resume and --report"),
        (("--json", "-o", str(CALL)), "would overwrite the recording"),
    ],
)
def test_what_cannot_be_gone_on_with_is_refused_in_one_line(
    sentivox: Sentivox, options: tuple[str, ...], why: str
) -> None:
    done = sentivox("analyze", CALL, *options)
    assert done.returncode == 2
    assert sum(why in line for line in done.stderr.splitlines()) == 1


def timeless(data: bytes) -> list[str]:
    """The lines without what differs between any two runs: ids, and what took how long.

    Messages that wait for different jobs may change places; within an utterance they do not.
    """
    text = re.sub(r'"session_id":"[^"]*"|"latency_ms":\{[^}]*\}|"seq":\d+', "", data.decode())
    return sorted(text.splitlines())
