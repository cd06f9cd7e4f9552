"""`sentivox evaluate` as users and scripts run it."""

import json
from pathlib import Path

import pytest

from sentivox.evaluation import TASKS
from tests.cli.conftest import Sentivox
from tests.evaluation.turns import write_turns


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_turns(tmp_path_factory.mktemp("labelled"))


def test_tone_as_json_with_pictures(sentivox: Sentivox, table: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    confusion, reliability = tmp_path / "c.png", tmp_path / "r.png"
    done = sentivox(
        "evaluate", "tone", "--csv", table, "--json",
        "--confusion", confusion, "--reliability", reliability,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    assert {"task", "n", "metrics", "recall", "confusion", "ci95"} <= report.keys()
    assert {"uar3", "uar8", "accuracy", "macro_f1", "weighted_f1", "ece"} <= report[
        "metrics"
    ].keys()
    assert (report["task"], report["n"]) == ("tone", 9)
    assert report["live"]["n"] == 9
    assert confusion.stat().st_size > 5000
    assert reliability.stat().st_size > 5000


def test_a_session_with_subsets(sentivox: Sentivox, table: Path) -> None:
    args = ("evaluate", "tone", "--csv", table, "--session", "--by", "gender", "--by", "duration")
    done = sentivox(*args, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["by_gender"].keys() == {"female", "male"}
    assert sum(figures["n"] for figures in report["by_duration"].values()) == 9
    assert [at["confidence"] for at in report["at_confidence"]] == [0.5, 0.6, 0.7, 0.8, 0.9]
    for at in report["at_confidence"]:
        assert at["coverage"] == pytest.approx(at["n"] / 9, abs=1e-4)
    assert report["alone"]["n"] == 9
    shown = sentivox(*args)
    assert shown.returncode == 0, shown.stderr
    for word in ("coverage", "from 0.8", "gender", "female", "duration", "1.5-3 s", "alone"):
        assert word in shown.stdout
    assert "speaker" not in shown.stdout.replace("95 % by speaker", "").partition("note:")[0]


def test_a_column_that_is_not_filled_in_is_1_and_one_line(sentivox: Sentivox, table: Path) -> None:
    bare = table.with_name("bare.csv")
    bare.write_text("file,label\n0.wav,angry\n1.wav,happy\n")
    for args, column in ((("--by", "gender"), "gender"), (("--session",), "speaker")):
        done = sentivox("evaluate", "tone", "--csv", bare, *args)
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert f"fill in the column '{column}'" in line


def test_text_as_a_table(sentivox: Sentivox, table: Path) -> None:
    done = sentivox("evaluate", "text", "--data", table, "--split", "dev", "--limit", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("text, n = 3, ")
    for word in ("uar3", "95 % by", "true ↓ predicted →", "recall"):
        assert word in done.stdout


def test_vad_and_its_segments(sentivox: Sentivox, table: Path) -> None:
    folder = table.parent
    (folder / "segments.tsv").write_text("file\tstart\tend\n0.wav\t0.5\t2.5\n")
    done = sentivox("evaluate", "vad", "--data", folder, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {"frame_accuracy", "miss", "false_alarm"} <= report["metrics"].keys()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("tone",), "either --data DIR or --csv FILE"),
        (("tone", "--data", "x", "--csv", "y.csv"), "either --data DIR or --csv FILE"),
        (("smell", "--data", "x"), "smell"),
        (("vad", "--data", "x", "--confusion", "c.png"), "vad has no classes to draw"),
        (("tone", "--data", "x", "--confusion", "c.bmp"), "must end in"),
        (("tone", "--data", "x", "--limit", "0"), "--limit"),
        (("text", "--data", "x", "--session"), "--session is for the task tone"),
        (("text", "--data", "x", "--by", "duration"), "choose speaker, gender, confidence"),
        (("vad", "--data", "x", "--by", "speaker"), "leave --by out"),
        (("tone", "--data", "x", "--by", "mood"), "mood"),
    ],
)
def test_bad_usage_is_2(sentivox: Sentivox, args: tuple[str, ...], says: str) -> None:
    done = sentivox("evaluate", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize("task", TASKS)
def test_data_that_are_not_there_are_1_and_one_line(
    sentivox: Sentivox, task: str, tmp_path: Path
) -> None:
    done = sentivox("evaluate", task, "--data", tmp_path / "nowhere", "--profile", "embedded")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sentivox: error: ")
    assert "nowhere" in line


def test_help_lists_the_tasks(sentivox: Sentivox) -> None:
    done = sentivox("evaluate", "--help")
    assert done.returncode == 0
    for name, about in TASKS.items():
        assert f"{name} " in done.stdout
        assert about in done.stdout
