"""`sentivox calibrate`: from labelled recordings to a file that the other commands take."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.fusion.calibration import Calibration
from sentivox.samples import CALL, script
from tests.cli.conftest import Sentivox

SENTIMENT = {"angry": "negative", "calm": "neutral", "content": "positive", "relieved": "positive"}
EACH = 12
Row = dict[str, str]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Turns of the sample call, each some decibels louder or softer, as if of four speakers."""
    folder = tmp_path_factory.mktemp("clips")
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    rows: list[Row] = []
    for label in ("negative", "neutral", "positive"):
        turns = [t for t in script()["turns"] if SENTIMENT.get(t["mood"]) == label]
        for i in range(EACH):
            turn = turns[i % len(turns)]
            start, end = round((turn["start"] - 0.4) * 16000), round((turn["end"] + 0.7) * 16000)
            path = folder / f"{label}{i}.wav"
            pcm = call[turn["channel"], max(start, 0) : end] * (0.5 + i / EACH)
            write_wav(path, np.clip(pcm, -32768, 32767).astype(np.int16))
            rows.append(
                {"file": str(path), "label": label, "transcript": turn["text"],
                 "speaker": "abcd"[i % 4]}
            )  # fmt: skip
    return rows


def table(path: Path, rows: list[Row]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_labelled_clips_become_a_calibration_that_analyze_uses(
    sentivox: Sentivox, rows: list[Row], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_text("no audio")
    clips = table(tmp_path / "clips.csv", [*rows, rows[0] | {"file": str(broken)}])
    output = tmp_path / "mine.json"
    options = ("--use-transcripts", "--json", "--profile", "embedded")
    done = sentivox("calibrate", "--csv", clips, "-o", output, *options)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "broken.wav" in line]
    document = json.loads(done.stdout)
    assert document["n"] == 3 * EACH
    assert document["clips"] == {"negative": EACH, "neutral": EACH, "positive": EACH}
    assert (document["speakers"], document["folds"]) == (4, 4)
    assert document["left_out"]["unreadable"] == 1
    assert document["written"] == str(output)
    assert document["beats_default"] is True
    assert document["before"] == document["rules"]["default"]
    assert document["after"]["log_loss"] < document["before"]["log_loss"]
    for figures in document["rules"].values():
        assert figures.keys() >= {"uar", "uar_sd", "log_loss", "log_loss_sd", "ece", "ece_sd"}
    calibration = Calibration.load(output)
    assert calibration.models.keys() == {"tone", "text.en"}
    assert document["calibration"] == json.loads(output.read_text())

    said = [sentivox("analyze", rows[0]["file"], "--json", "-q", *more)
            for more in ((), ("--calibration", output))]  # fmt: skip
    plain, calibrated = (json.loads(d.stdout)["channels"][0]["utterances"][0] for d in said)
    assert said[1].stderr == ""
    for part in ("text_sentiment", "audio_sentiment", "transcript"):
        assert plain[part] == calibrated[part]
    assert plain["fused"]["scores"] != calibrated["fused"]["scores"]
    doubtful = sentivox(
        "analyze", rows[0]["file"], "--csv", "-q", "--calibration", output, "--min-confidence", "1"
    )
    (row,) = csv.DictReader(doubtful.stdout.splitlines())
    assert row["label"] == "unclear"
    assert float(row["confidence"]) == calibrated["fused"]["confidence"]


def test_what_cannot_be_fitted_is_refused_in_one_line(
    sentivox: Sentivox, rows: list[Row], tmp_path: Path
) -> None:
    output = tmp_path / "mine.json"
    one_class = table(tmp_path / "one.csv", rows[:2])
    done = sentivox("calibrate", "--csv", one_class, "-o", output, "--modalities", "audio")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "at least 10 of each sentiment" in line
    assert "2 negative, 0 neutral, 0 positive" in line

    broken = tmp_path / "broken.wav"
    broken.write_text("no audio")
    nothing = table(tmp_path / "none.csv", [rows[0] | {"file": str(broken)}] * 2)
    done = sentivox("calibrate", "--csv", nothing, "-o", output, "--modalities", "audio")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "none of 2 recordings could be heard" in line
    assert "broken.wav" in line
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "either --csv FILE or --data DIR"),
        (("--csv", "{clips}", "-o", "no-such-folder/mine.json"), "no-such-folder"),
        (("--csv", "{clips}", "--use-transcripts"), "column 'transcript'"),
        (("--csv", "{clips}", "--modalities", "smell"), "text, audio"),
    ],
)
def test_bad_usage_is_said_before_anything_is_heard(
    sentivox: Sentivox, rows: list[Row], tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    wordless = [{k: v for k, v in row.items() if k != "transcript"} for row in rows[:1]]
    clips = table(tmp_path / "clips.csv", wordless)
    done = sentivox("calibrate", *(option.format(clips=clips) for option in options))
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[0]


def test_analyze_names_a_bad_calibration_and_warns_of_one_for_other_models(
    sentivox: Sentivox, rows: list[Row], tmp_path: Path
) -> None:
    bad, others = tmp_path / "bad.json", tmp_path / "others.json"
    bad.write_text('{"sharpness": -1}')
    for command in (("analyze", rows[0]["file"]), ("serve", "--port", "0")):
        done = sentivox(*command, "--calibration", bad)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "bad.json is not a calibration file" in line
    Calibration(models={"tone": "somebody-elses"}).save(others)
    options = ("--modalities", "audio", "--json", "--calibration", others)
    done = sentivox("analyze", rows[0]["file"], *options)
    assert done.returncode == 0
    (warning,) = [line for line in done.stderr.splitlines() if "somebody-elses" in line]
    assert "run sentivox calibrate again" in warning
    assert sentivox("analyze", rows[0]["file"], *options, "-q").stderr == ""
