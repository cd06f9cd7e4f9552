"""`bench --compare` and `--stand-ins`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sentivox.cli.compared import compare, read_earlier
from sentivox.cli.stage_times import StageTimes
from sentivox.errors import DataError
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from tests.cli.conftest import Sentivox

THEN = StageTimes("a", 100, p50_ms=10, p95_ms=14, p99_ms=20, note="", p25_ms=9, p75_ms=11)


@pytest.mark.parametrize(
    ("now", "verdict", "spread"),
    [
        (THEN, "same", (9 / 11, 11 / 9)),
        (replace(THEN, p25_ms=18, p50_ms=20, p75_ms=22), "slower", (18 / 11, 22 / 9)),
        (replace(THEN, p25_ms=4, p50_ms=5, p75_ms=6), "faster", (4 / 11, 6 / 9)),
        (replace(THEN, p25_ms=10.9, p50_ms=20, p75_ms=90), "same", (10.9 / 11, 10)),
        (replace(THEN, p25_ms=10.99, p50_ms=10.99, p75_ms=10.99), "same", (10.99 / 11, 10.99 / 9)),
        (replace(THEN, stand_in=True), "other model", (9 / 11, 11 / 9)),
    ],
)  # fmt: skip
def test_only_a_change_beyond_the_spread_counts(
    now: StageTimes, verdict: str, spread: tuple[float, float]
) -> None:
    (change,) = compare([THEN], [now])
    assert change.verdict == verdict
    assert change.ratio == pytest.approx(now.p50_ms / 10, abs=1e-3)
    assert (change.low, change.high) == pytest.approx(spread, abs=1e-3)


def test_a_small_change_is_none_however_sharp() -> None:
    sharp = replace(THEN, p25_ms=10, p75_ms=10)
    (change,) = compare([sharp], [replace(sharp, p25_ms=10.5, p50_ms=10.5, p75_ms=10.5)])
    assert change.verdict == "same"


def test_stages_that_only_one_of_the_two_has_are_left_out() -> None:
    assert [one.name for one in compare([THEN, replace(THEN, name="b")], [THEN])] == ["a"]


def test_a_run_is_compared_with_an_earlier_one(sentivox: Sentivox, tmp_path: Path) -> None:
    first = sentivox("bench", "--json", "--stage", "fusion")
    earlier = json.loads(first.stdout)
    earlier["machine"]["cores"] += 1
    for stage in earlier["stages"]:
        for key in [key for key in stage if key.endswith("_ms")]:
            stage[key] /= 1e4
    (tmp_path / "old.json").write_text(json.dumps(earlier))
    done = sentivox("bench", "--json", "--stage", "fusion", "--compare", tmp_path / "old.json")
    assert done.returncode == 0, done.stderr
    (change,) = json.loads(done.stdout)["compared"]
    assert change["verdict"] == "slower"
    assert change["low"] > 1
    assert "another machine" in done.stderr
    shown = sentivox("bench", "--stage", "fusion", "--compare", tmp_path / "old.json")
    assert "slower" in shown.stdout


def test_documents_without_quartiles_are_read(tmp_path: Path) -> None:
    old = {
        "machine": {"cpu": "x", "flags": [], "cores": 1},
        "stages": [{"name": "a", "n": 1, "p50_ms": 5.0, "p95_ms": 6, "p99_ms": 7, "note": ""}],
    }
    (tmp_path / "old.json").write_text(json.dumps(old))
    (change,) = compare(read_earlier(tmp_path / "old.json").stages, [THEN])
    assert (change.ratio, change.verdict) == (2, "slower")


@pytest.mark.parametrize("content", [None, b"\x00", b"{}", b'{"stages": []}'])
def test_what_is_no_earlier_run_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "old.json").write_bytes(content)
    with pytest.raises(DataError, match=r"old\.json") as caught:
        read_earlier(tmp_path / "old.json")
    assert "\n" not in str(caught.value)


def test_stand_ins_are_named_as_such(sentivox: Sentivox, tmp_path: Path) -> None:
    away = {"HF_HOME": str(tmp_path), "SENTIVOX_MODELS_DIR": str(tmp_path)}
    done = sentivox(
        "bench", "--json", "--stand-ins", "--stage", "text.distilbert-int8", "--stage", "fusion",
        env=away,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reader, fusion = json.loads(done.stdout)["stages"]
    assert reader["stand_in"] is True
    assert "stand-in of distilbert-sst2" in reader["note"]
    assert fusion["stand_in"] is False


def test_the_recogniser_that_is_named_is_measured(sentivox: Sentivox) -> None:
    done = sentivox("bench", "--json", "--asr", "pocketsphinx", "--stage", "asr.pocketsphinx.3s")
    (stage,) = json.loads(done.stdout)["stages"]
    assert stage["name"] == "asr.pocketsphinx.3s"
    assert "pocketsphinx" in stage["note"]
    other = sentivox("bench", "--asr", "pocketsphinx", "--stage", "asr.whisper-tiny.en.3s")
    assert other.returncode == 2
    assert "asr.pocketsphinx.3s" in other.stderr


def test_any_recogniser_of_the_catalogue_can_be_named(sentivox: Sentivox, tmp_path: Path) -> None:
    away = {"HF_HOME": str(tmp_path), "SENTIVOX_MODELS_DIR": str(tmp_path)}
    asked = ("bench", "--asr", "whisper-base", "--stage", "asr.whisper-base.3s", "--stand-ins")
    done = sentivox(*asked, env=away)
    assert done.returncode == 0
    assert "sentivox models pull whisper-base\n" in done.stderr
    wrong = sentivox("bench", "--asr", "whisper", env=away)
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
    assert "no recogniser is called 'whisper'" in wrong.stderr


@pytest.mark.skipif(
    ModelStore.from_environment().locate(find_model("whisper-tiny.en")) is None,
    reason="needs real weights: sentivox models pull whisper-tiny.en",
)
def test_whisper_hears_as_fast_as_it_does(sentivox: Sentivox) -> None:
    asked = ("--asr", "whisper-tiny.en", "--stage", "asr.whisper-tiny.en.3s")
    done = sentivox("bench", "--json", *asked)
    (stage,) = json.loads(done.stdout)["stages"]
    assert "faster-whisper/whisper-tiny.en" in stage["note"]
    assert stage["stand_in"] is False
