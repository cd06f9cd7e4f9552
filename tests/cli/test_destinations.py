"""Where `analyze` writes: a place for each recording, nothing lost, one writer at a time."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.cli.recordings import OWNER, own_folder
from sentivox.cli.results_file import ResultsFile
from sentivox.cli.spool import SpooledRecording
from sentivox.errors import SentivoxError
from sentivox.report.book import ReportWriter
from tests.cli.conftest import Sentivox

NAMES = (
    b"call_\xe9\xff.wav", b"...wav", b"..wav", b"-q.wav", b"a\nb.wav", b"\x1b]0;owned\x07.wav",
    b"[red]x.wav", b"a .wav", b"Call.wav", b"call.wav", "\u202egpj.wav".encode(),
    b"x" * 251 + b".wav",
)  # fmt: skip
CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]"


def test_every_recording_whatever_its_name_is_in_every_output(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "calls", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    out.mkdir()
    for name in NAMES:
        shutil.copy(turns / "b.wav", folder / os.fsdecode(name))
    shutil.copy(turns / "b.wav", folder / "sub" / "call.wav")
    twice = np.repeat(np.concatenate(list(AudioFile(turns / "b.wav")), axis=1), 2, axis=0)
    write_wav(folder / os.fsdecode(NAMES[0]), twice)  # one voice on two channels: a note
    count = len(NAMES) + 1
    where = ("--save-audio", out / "kept", "--report", out / "page.html", "-o", out / "all")
    done = sentivox("analyze", folder, "--jsonl", *where, "--modalities", "audio")
    assert done.returncode == 0, done.stderr
    assert re.search(CONTROLS, done.stderr) is None
    assert len(done.stderr.splitlines()) == count + 3  # a note, what came out, the report's name
    assert "call_\\xe9\\xff.wav: both channels" in done.stderr

    events = [json.loads(line) for line in (out / "all").read_text().splitlines()]
    names = {e["file"] for e in events if e["type"] == "Termination"}
    assert len(names) == count
    assert f"{folder}/call_\\xe9\\xff.wav" in names
    assert f"{folder}/a\nb.wav" in names
    uttered = sum(e["type"] == "Utterance" and e["final"] for e in events)
    clips = list((out / "kept").rglob("*.wav"))
    assert len(clips) == uttered == len(list((out / "kept").rglob("*.json")))
    assert len({clip.parent for clip in clips}) == count
    assert {clip.parent.parent for clip in clips} == {out / "kept"}
    for clip in clips:
        with wave.open(str(clip)) as file:
            assert file.getnframes() > 0
    pages = {p.name for p in (out / "page").iterdir()}
    assert len({page.casefold() for page in pages}) == count
    index = (out / "page.html").read_text()
    linked = {unquote(href) for href in re.findall(r'href="(page/[^"]*)"', index)}
    assert linked == {f"page/{page}" for page in pages}
    assert {p.name for p in out.iterdir()} == {"kept", "all", "page", "page.html"}

    audio = ("--modalities", "audio", "-q")
    printed = sentivox("analyze", folder, "--json", *audio)
    documents = [json.loads(line) for line in printed.stdout.splitlines()]
    assert {document["file"] for document in documents} == names
    assert [note for d in documents for note in d["notes"] if "call_\\xe9\\xff.wav" in note]
    rows = csv.DictReader(io.StringIO(sentivox("analyze", folder, "--csv", *audio).stdout))
    assert {row["file"] for row in rows} == names
    table = sentivox("analyze", folder, *audio)
    assert table.returncode == 0
    assert table.stdout.count("channel 1:") == count
    assert "[red]x.wav" in table.stdout
    assert re.search(CONTROLS, table.stdout) is None
    again = sentivox("analyze", folder, "--jsonl", *where[-2:], "--resume")
    assert again.stderr.startswith(f"{count} of {count} recordings are in ")


def test_a_name_too_long_stops_no_other(sentivox: Sentivox, turns: Path) -> None:
    done = sentivox(
        "analyze", "a" * 300 + ".wav", turns / "b.wav", "--json", *("--modalities", "audio")
    )
    assert done.returncode == 1
    assert "a.wav cannot be read: File name too long" in done.stderr.splitlines()[0]
    assert len(done.stdout.splitlines()) == 1


def test_a_recordings_folder_is_found_again_and_no_others_is_written_to(tmp_path: Path) -> None:
    def mine(path: str) -> str:
        return own_folder(tmp_path / "kept", SpooledRecording(Path(path), Path(path))).name

    theirs = tmp_path / "kept" / "notes"
    theirs.mkdir(parents=True)
    (theirs / "0-0001.wav").write_bytes(b"theirs")
    assert mine("a/call.wav") == "call"
    assert mine("b/call.wav") == "call-2"
    assert mine("a/call.mp3") == "call-3"
    assert [mine("b/call.wav"), mine("a/call.wav")] == ["call-2", "call"]
    assert mine("notes.wav") == "notes-2"
    assert [p.name for p in theirs.iterdir()] == ["0-0001.wav"]
    assert (tmp_path / "kept" / "call" / OWNER).read_bytes().endswith(b"/a/call.wav")


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        (["--json", "-o", "{hard}"], 2, "would overwrite the recording"),
        (["--json", "-o", "{soft}"], 2, "would overwrite the recording"),
        (["--report", "{hard}"], 2, "would overwrite the recording"),
        (["--json", "-o", "{new}", "--report", "{new}"], 2, "name the same file"),
        (["--json", "--csv"], 2, "--json and --csv cannot be combined: choose one"),
        (["--jsonl", "--csv", "--json"], 2, "cannot be combined: choose one"),
        (["--json", "-o", "{new}/x.json"], 1, "No such file or directory"),
        (["--json", "-o", "/proc/x.json"], 1, "cannot write /proc/x.json"),
        (["--report", "/proc/x/y.html"], 1, "choose another --report"),
        (["--save-audio", "/proc/x"], 1, "choose another --save-audio"),
        (["--save-audio", "{hard}"], 2, "is a file"),
        (["--srt", "-"], 2, "- is not a name here: name a file or a folder"),
        (["--report", "-"], 2, "name a file"),
    ],
)
def test_what_cannot_be_written_is_one_line_before_anything_loads(
    sentivox: Sentivox,
    turns: Path,
    tmp_path: Path,
    *,
    options: tuple[str, ...],
    code: int,
    why: str,
) -> None:
    call, hard, soft = tmp_path / "call.wav", tmp_path / "hard", tmp_path / "soft"
    shutil.copy(turns / "b.wav", call)
    hard.hardlink_to(call)
    soft.symlink_to(call)
    before = call.read_bytes()
    said = [o.format(hard=hard, soft=soft, new=tmp_path / "new") for o in options]
    # A profile that does not exist would be told of as soon as models are looked for.
    done = sentivox("analyze", tmp_path / "call.wav", *said, "--profile", "none-such")
    assert done.returncode == code
    line = done.stderr.splitlines()[0]
    assert line.startswith("sentivox: error: ")
    assert why in line
    assert "none-such" not in done.stderr
    assert call.read_bytes() == before


def test_one_process_at_a_time_writes_an_output(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("what another has written so far\n")
    command = ("analyze", turns, "--jsonl", "-o", out, "--modalities", "audio")
    with ResultsFile(out):
        for more in ((), ("--resume",)):
            done = sentivox(*command, *more)
            assert done.returncode == 1
            (line,) = done.stderr.splitlines()
            assert line.startswith(f"sentivox: error: {out} is being written by another")
        assert out.read_text() == "what another has written so far\n"
    assert sentivox(*command).returncode == 0


def test_one_process_at_a_time_writes_a_report_of_several(tmp_path: Path) -> None:
    with (
        ReportWriter(tmp_path / "r.html", several=True, sound=False),
        pytest.raises(SentivoxError, match="being written by another"),
    ):
        ReportWriter(tmp_path / "r.html", several=True, sound=False)
    with ReportWriter(tmp_path / "r.html", several=True, sound=False):
        pass


@pytest.mark.parametrize("how", ["-", "/dev/stdin", "fifo"])
def test_a_recording_comes_through_a_pipe(
    sentivox: Sentivox, turns: Path, tmp_path: Path, how: str
) -> None:
    if how == "fifo":
        how = str(tmp_path / "fifo.wav")
        os.mkfifo(how)
    shell = f'cat "$2" > "$1" & exec "{sys.executable}" -m sentivox analyze "$1" $3'
    if how in {"-", "/dev/stdin"}:
        shell = f'cat "$2" | "{sys.executable}" -m sentivox analyze "$1" $3'
    options = "--json --modalities audio -q"
    done = subprocess.run(
        ["sh", "-c", shell, "sh", how, turns / "b.wav", options],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["file"] == how
    whole = json.loads(sentivox("analyze", turns / "b.wav", *options.split()).stdout)
    spans = [[(u["start"], u["end"]) for u in d["channels"][0]["utterances"]]
             for d in (document, whole)]  # fmt: skip
    assert spans[0] == spans[1] != []
    assert not list(tmp_path.glob("sentivox-*"))


@pytest.mark.parametrize(
    ("given", "why"), [(b"", "- is empty."), (b"no audio at all", "- is not audio")]
)
def test_what_is_wrong_with_standard_input_is_told_of_it(given: bytes, why: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sentivox", "analyze", "-", "--json"],
        input=given, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"sentivox: error: {why}")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--asr", "whisper"), "no recogniser is called 'whisper'"),
        (("--asr", "pocketsphinx", "--language", "fr"), "does not know the language 'fr'"),
        (("--profile", "loud"), "there is no profile 'loud'"),
        (("--asr", "pocketsphinx", "--srt", "missing/a.srt"), "choose another --srt"),
    ],
)
def test_earlier_results_stay_where_the_run_cannot_begin(
    sentivox: Sentivox, turns: Path, tmp_path: Path, flags: tuple[str, ...], says: str
) -> None:
    names = ("all.json", "page.html", "said.vtt")
    for name in names:
        (tmp_path / name).write_text("earlier")
    done = sentivox(
        "analyze", turns / "b.wav", *flags, "--json", "-o", tmp_path / "all.json",
        "--report", tmp_path / "page.html", "--vtt", tmp_path / "said.vtt",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("sentivox: error: ")
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert [(tmp_path / name).read_text() for name in names] == ["earlier"] * 3
