"""`analyze` with recognisers that fail: what it says, when it stops, and what `--resume` does."""

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentivox.cli.commands.analyze import command
from sentivox.cli.lost_words import LostWords
from sentivox.engine import parts
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.policy import PoolPolicy
from sentivox.engine.workers import WorkerPool
from sentivox.samples import CALL

Analyze = Callable[..., Result]

LONGER_S = 3.0  # than all of the call's utterances but one


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """The recogniser is well once this file exists."""
    return tmp_path / "well"


@pytest.fixture
def analyze(monkeypatch: pytest.MonkeyPatch, well: Path) -> Analyze:
    """`sentivox analyze` whose recogniser dies at utterances that are longer than that."""

    def run(*arguments: str | Path, longer_s: float = LONGER_S) -> Result:
        options = {"marker": str(well), "longer_s": longer_s}
        spec = TranscriberSpec("tests.engine.faulty:Squeamish", options)
        policy = PoolPolicy(backoff_s=0.01, rest_s=0.5)
        monkeypatch.setattr(parts, "_recogniser", lambda *_: spec)
        monkeypatch.setattr(parts, "WorkerPool", partial(WorkerPool, policy=policy))
        return CliRunner().invoke(command, [*map(str, arguments), "--no-progress"])

    return run


@pytest.fixture
def calls(tmp_path: Path, turns: Path) -> Path:
    """Four recordings: a turn, the whole call, another turn and that again."""
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "1.wav").symlink_to(turns / "b.wav")
    (folder / "2.flac").symlink_to(CALL)
    (folder / "3.wav").symlink_to(turns / "sub" / "a.WAV")
    (folder / "4.wav").write_bytes((turns / "sub" / "a.WAV").read_bytes())
    return folder


def missing(form: str, output: str) -> dict[str, int]:
    """Utterances without words for it, by the last part of the file's name."""
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(output)))
        names = dict.fromkeys(Path(row["file"]).name for row in rows)
        return {n: sum(Path(r["file"]).name == n and "asr_failed" in r["degraded"] for r in rows)
                for n in names}  # fmt: skip
    documents = [json.loads(line) for line in output.splitlines()]
    kept = [d for d in documents if form == "json" or d["type"] == "Summary"]
    assert len({d["file"] for d in kept}) == len(kept), "a recording is there twice"
    return {Path(d["file"]).name: d["words_missing"] for d in kept}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_words_that_were_lost_are_told_and_heard_when_resumed(
    analyze: Analyze, calls: Path, well: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    first = analyze(calls, f"--{form}", "-o", out)
    lost = missing(form, out.read_text())
    assert lost == {"1.wav": 0, "2.flac": 1, "3.wav": 0, "4.wav": 0}
    assert first.exit_code == 1
    assert first.stderr.splitlines()[-1].startswith(
        "sentivox: error: 1 utterance in 1 recording lacks its words, as the speech recogniser"
    )

    well.touch()
    again = analyze(calls, f"--{form}", "-o", out, "--resume")
    assert f"3 of 4 recordings are in {out}" in again.stderr
    assert again.exit_code == 0
    assert missing(form, out.read_text()) == dict.fromkeys(lost, 0)
    last = analyze(calls, f"--{form}", "-o", out, "--resume")
    assert (last.exit_code, last.stderr.splitlines()) == (0, [f"4 of 4 recordings are in {out}"])


def test_a_recogniser_that_dies_at_everything_ends_the_batch(analyze: Analyze, calls: Path) -> None:
    done = analyze(calls, "--json", longer_s=0.0)
    lost = missing("json", done.stdout)
    said = done.stderr.splitlines()
    assert done.exit_code == 1
    assert 2 <= len(lost) < 4
    assert all(lost.values())
    assert sum("the speech recogniser keeps failing; " in line for line in said) == 1
    assert f"{4 - len(lost)} recordings were not analysed" in done.stderr
    assert said[-1].startswith(f"sentivox: error: {sum(lost.values())} utterances in {len(lost)} ")


def test_the_report_tells_it(analyze: Analyze, calls: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    done = analyze(calls / "2.flac", "--report", page)
    assert done.exit_code == 1
    assert "1 utterance has no words, as the speech recogniser failed." in page.read_text()


def test_one_recording_that_breaks_the_recogniser_ends_nothing() -> None:
    lost = LostWords()
    for missing, broken in ((9, True), (0, False), (9, True), (3, False), (1, True)):
        lost.note(missing, broken=broken)
        assert not lost.hopeless
    lost.note(0, broken=True)  # nobody spoke in it
    assert not lost.hopeless
    lost.note(1, broken=True)
    assert lost.hopeless
    assert (lost.utterances, lost.recordings) == (23, 5)


def test_what_is_said_of_one_utterance() -> None:
    lost = LostWords()
    lost.note(1, broken=False)
    assert lost.line(resumable=True) == (
        "1 utterance in 1 recording lacks its words, as the speech recogniser failed;"
        " the same command with --resume analyses it again"
    )
