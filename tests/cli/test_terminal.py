"""What is printed, and what happens where it cannot be."""

import csv
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentivox.cli.local_server import LocalServer
from sentivox.cli.terminal import clean, one_line
from sentivox.samples import CALL
from tests.cli.conftest import Sentivox
from tests.cli.ptys import OWN, SENTIVOX, on_a_terminal

TONE = ("--modalities", "audio")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LocalServer("--tone-only") as local:
        local.wait_ready()
        yield local.url


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    path = tmp_path / "sentences.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("text", "label", "speaker"))
        rows.writerows([("i love it", "positive", "\x1b[31mA"), ("i hate it", "negative", "[b]")])
    return path


EVERY = [
    (), ("--help",), ("--version",), ("analyze", "--help"), ("completion", "bash"), ("token",),
    ("models", "list"), ("models", "list", "--json"), ("doctor",), ("doctor", "--json"),
    ("analyze", CALL, *TONE), ("analyze", CALL, "--json", *TONE), ("analyze", CALL, "--csv", *TONE),
    ("analyze", CALL, "--jsonl", *TONE), ("bench", "--stage", "fusion"),
    ("bench", "--stage", "fusion", "--json"), ("evaluate", "text", "--csv", "SENTENCES"),
    ("evaluate", "text", "--csv", "SENTENCES", "--json"), ("top", "--url", "URL", "--once"),
    ("top", "--url", "URL", "--once", "--json"), ("load", "--url", "URL", "--streams", "1",
    "--seconds", "5", *TONE), ("listen", "--file", CALL, "--fast", "--url", "URL", *TONE),
    ("listen", "--file", CALL, "--fast", "--url", "URL", "--json", *TONE), ("demo", "--fast"),
]  # fmt: skip


@pytest.mark.parametrize("command", EVERY, ids=lambda c: " ".join(str(part) for part in c)[:60])
def test_a_full_disk_is_one_line_and_exit_1(
    command: tuple[str | Path, ...], server: str, sentences: Path
) -> None:
    given = {"URL": server, "SENTENCES": str(sentences)}
    args = [given.get(str(part), str(part)) for part in command]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SENTIVOX, *args], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "sentivox: error: cannot write to stdout: No space left on device"
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_recording_from_a_pipe_is_played_to_a_server(server: str, turns: Path) -> None:
    command = [*SENTIVOX, "listen", "--file", "-", "--fast", "--json", "--url", server, *TONE]
    for given, code in (((turns / "b.wav").read_bytes(), 0), (b"no audio", 1)):
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=600, check=False
        )  # fmt: skip
        assert done.returncode == code
        if code == 0:
            assert json.loads(done.stdout.splitlines()[-1])["type"] == "Termination"
        else:
            assert done.stderr.startswith(b"sentivox: error: - is not audio")


@pytest.mark.parametrize("form", ["--jsonl", "--json", "--csv", "--quiet"])
def test_a_reader_that_leaves_ends_the_work_without_a_word(form: str) -> None:
    command = [*SENTIVOX, "analyze", *[str(CALL)] * 3, form, "-q", *TONE]
    reading, writing = os.pipe()
    process = subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    _, said = process.communicate(timeout=600)
    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize("command", [("--help",), ("analyze", str(CALL), "--json", "-q", *TONE)])
def test_a_closed_stdout_is_one_line(command: tuple[str, ...]) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *SENTIVOX, *command]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, timeout=600, check=False)
    assert done.returncode == 1
    assert done.stderr == "sentivox: error: cannot write to stdout: Bad file descriptor\n"


def test_where_stderr_is_full_or_closed_the_results_come_all_the_same(turns: Path) -> None:
    for redirection in ("2>/dev/full", "2>&-"):
        shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *SENTIVOX]
        done = subprocess.run(
            [*shell, "analyze", turns, "--json", *TONE], stdout=subprocess.PIPE, timeout=600,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0
        assert [len(json.loads(line)["channels"]) for line in done.stdout.splitlines()] == [1, 1]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_a_terminal_without_unicode_gets_the_nearest_likeness(
    sentivox: Sentivox, turns: Path, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "通話 ü.wav"
    path.symlink_to(turns / "b.wav")
    env = {"PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [*SENTIVOX, "analyze", str(path), *TONE], capture_output=True, timeout=600, check=False,
        env=os.environ | env,
    )  # fmt: skip
    assert done.returncode == 0
    assert "channel 1: 1 utterance" in done.stdout.decode(encoding)
    name = done.stdout.decode(encoding).splitlines()[0].rpartition("/")[2]
    assert name == ("?? ?.wav" if encoding == "ascii" else "?? ü.wav")
    assert b"real time" in done.stderr
    document = sentivox("analyze", path, "--json", "-q", *TONE, env=env | {"PYTHONUTF8": "0"})
    assert json.loads(document.stdout)["file"] == str(path)


def test_in_a_locale_without_unicode_too(sentivox: Sentivox, turns: Path, tmp_path: Path) -> None:
    path = tmp_path / "ü.wav"
    path.symlink_to(turns / "b.wav")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    document = sentivox("analyze", path, "--json", *TONE, env=plain)
    assert document.returncode == 0, document.stderr
    assert json.loads(document.stdout)["file"] == str(path)
    out = ("--csv", "-o", tmp_path / "o.csv", "--report", tmp_path / "r.html", *TONE)
    assert sentivox("analyze", path, *out, env=plain).returncode == 0
    assert str(path) in (tmp_path / "o.csv").read_text(encoding="utf-8")


HOSTILE = "[red]\x1b]0;owned\x07\x1b[8m\x9b31m\u202egpj.wav"


@pytest.mark.parametrize("form", [(), ("--json",), ("--jsonl",), ("--csv",)])
def test_no_name_of_a_file_is_obeyed_by_a_terminal(
    turns: Path, tmp_path: Path, form: tuple[str, ...]
) -> None:
    path = tmp_path / HOSTILE
    path.symlink_to(turns / "b.wav")
    said = on_a_terminal("analyze", path, *form, *TONE)
    assert "real time" in said
    assert "\x1b]0" not in said
    assert "\x1b[8m" not in said
    assert re.search("[\x07\x9b\u202e]", said) is None
    assert re.search("[\x00-\x09\x0b-\x1f]", OWN.sub("", said)) is None
    assert "[red]" in said


def test_what_labels_and_error_messages_hold_is_not_obeyed_either(sentences: Path) -> None:
    said = on_a_terminal("evaluate", "text", "--csv", sentences)
    assert "\x1b[31mA" not in said
    assert "[b]" in said
    said = on_a_terminal("analyze", "\x1b[8mnope\n\x9bx.wav")
    assert "sentivox: error: \ufffd[8mnope \ufffdx.wav does not exist" in said


def test_what_a_log_holds_is_not_obeyed_either(sentivox: Sentivox, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"models": {"tone": "\x1b]0;owned\x07"}}))
    done = sentivox("analyze", CALL, "--calibration", path, *TONE)
    assert "not \ufffd]0;owned\ufffd" in done.stderr


def test_what_is_cleaned() -> None:
    assert clean("a\tb\nü 通 \x1b[31m \u202e\x85") == "a\tb\nü 通 \ufffd[31m \ufffd\ufffd"
    assert clean("call_\udce9.wav") == r"call_\xe9.wav"
    assert one_line(" a \n b\u2028c\r\nd ") == "a b c d"
