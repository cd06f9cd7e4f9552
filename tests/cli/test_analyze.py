"""`sentivox analyze`: its forms on stdout, its errors, what it writes."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import webvtt

from sentivox.api.analysis import Analysis
from sentivox.audio.files import AudioFile, write_wav
from sentivox.cli.formats import make_format
from sentivox.cli.recordings import expand
from sentivox.engine.engine import Engine
from sentivox.errors import AudioError
from sentivox.evaluation.transcripts import error_rate, word_errors
from sentivox.protocol.events import Begin, Termination, Utterance, decode
from sentivox.report.document import CSV_COLUMNS
from sentivox.samples import CALL, script
from sentivox.stream.config import StreamConfig
from tests.audio.made import call, voices, write
from tests.cli.conftest import Sentivox


def test_the_call_as_json_is_understood_and_turns_from_content_to_angry_to_relieved(
    sentivox: Sentivox,
) -> None:
    done = sentivox("analyze", CALL, "--json")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    document = json.loads(line)
    assert {"file", "duration", "profile", "models", "channels"} <= document.keys()
    assert document["file"] == str(CALL)
    assert document["duration"] == pytest.approx(script()["duration"], abs=0.01)
    assert [c["channel"] for c in document["channels"]] == [0, 1]
    assert word_error_rate(document) <= 0.2
    customer = {
        u["start"]: u["text_sentiment"]["score"] for u in document["channels"][1]["utterances"]
    }
    for turn in script()["turns"]:
        if turn["channel"] == 1 and turn["mood"] != "calm":
            nearest = min(customer, key=lambda start: abs(start - turn["start"]))
            assert (customer[nearest] > 0) == (turn["mood"] in {"content", "relieved"})
    turned = [p["direction"] for p in document["summary"]["turning_points"] if p["channel"] == 1]
    assert turned == ["worse", "better"]


def test_jsonl_is_the_events_of_the_protocol(sentivox: Sentivox, turns: Path) -> None:
    done = sentivox("analyze", turns / "b.wav", "--jsonl", "-q")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert all(json.loads(line)["file"] == str(turns / "b.wav") for line in lines)
    events = [decode(line) for line in lines]
    assert isinstance(events[0], Begin)
    assert isinstance(events[-1], Termination)
    assert any(isinstance(event, Utterance) and event.final for event in events)


def test_csv_is_one_row_an_utterance_under_one_header(
    engine: Engine, turns: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = make_format("csv")
    result = Analysis(engine, AudioFile(turns / "b.wav"), StreamConfig()).result()
    form.result(result)
    form.result(result)
    header, first, again = csv.DictReader(io.StringIO(capsys.readouterr().out), CSV_COLUMNS)
    (utterance,) = result.utterances
    assert list(header.values()) == list(CSV_COLUMNS)
    assert first == again
    assert first["transcript"] == utterance.transcript
    assert float(first["score"]) == utterance.fused_score


def test_a_folder_is_its_recordings_and_a_bad_file_does_not_stop_the_others(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    options = ("--json", "--save-audio", kept)
    done = sentivox("analyze", turns / "nope.wav", turns / "notes.txt", turns, *options)
    assert done.returncode == 1
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(d["file"]).name for d in documents] == ["b.wav", "a.WAV"]
    errors = [line for line in done.stderr.splitlines() if line.startswith("sentivox: error: ")]
    assert len(errors) == 2
    assert "nope.wav" in errors[0]
    assert "notes.txt" in errors[1]

    (utterance,) = documents[0]["channels"][0]["utterances"]
    (clip,) = (kept / "b").glob("*.wav")
    with wave.open(str(clip)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(
            utterance["end"] - utterance["start"], abs=0.001
        )
    assert (
        json.loads(clip.with_suffix(".json").read_text())["transcript"] == utterance["transcript"]
    )
    assert (clip.stat().st_mode & 0o077, (kept / "b").stat().st_mode & 0o077) == (0, 0)


def test_for_people_a_table_on_stdout_and_the_speed_on_stderr(
    sentivox: Sentivox, turns: Path
) -> None:
    done = sentivox("analyze", turns / "b.wav", "--modalities", "text")
    assert done.returncode == 0
    assert "happy with the service" in done.stdout
    assert "positive" in done.stdout
    assert "channel 1: 1 utterance, " in done.stdout
    assert "× real time" in done.stderr
    assert "\x1b[" not in done.stdout + done.stderr


def test_two_channels_become_one_speaker_when_mixed(sentivox: Sentivox) -> None:
    done = sentivox("analyze", CALL, "--mixdown", "--json", "--modalities", "audio", "-q")
    (channel,) = json.loads(done.stdout)["channels"]
    assert channel["utterances"]
    assert all(u["transcript"] is None for u in channel["utterances"])


def test_only_bad_files_fail_before_any_model_is_loaded(sentivox: Sentivox, tmp_path: Path) -> None:
    done = sentivox("analyze", tmp_path / "x.wav", "--profile", "no-such-profile")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"sentivox: error: {tmp_path / 'x.wav'} does not exist: check the name."
    ]


def test_an_unknown_profile_is_one_line(sentivox: Sentivox) -> None:
    done = sentivox("analyze", CALL, "--profile", "nope")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("sentivox: error: ")
    assert "nope" in line


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="contains no recordings"):
        list(expand([tmp_path]))


def test_ctrl_c_ends_with_130_and_leaves_what_is_done(turns: Path) -> None:
    command = [sys.executable, "-m", "sentivox", "analyze", turns / "b.wav", *[CALL] * 50, "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    rest, complaint = process.communicate(timeout=600)
    assert process.returncode == 130
    assert json.loads(first)["file"] == str(turns / "b.wav")
    assert all(json.loads(line) for line in rest.splitlines())
    assert b"Traceback" not in complaint


def test_ctrl_c_within_a_recording_leaves_what_was_heard_of_it(tmp_path: Path) -> None:
    long, page = tmp_path / "long.wav", tmp_path / "out.html"
    write_wav(long, np.tile(np.concatenate(list(AudioFile(CALL)), axis=1), 40))
    command = [sys.executable, "-m", "sentivox", "analyze", long, "--modalities", "audio"]
    process = subprocess.Popen(
        [*command, "--jsonl", "--report", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    heard = next(line for line in process.stdout if isinstance(decode(line), Utterance))
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=600)
    assert process.returncode == 130
    assert b"was stopped; these are the results so far" in complaint
    assert b"Traceback" not in complaint
    html = page.read_text()
    assert "not analysed to its end" in html
    assert f'id="u-{json.loads(heard)["channel"]}-1"' in html
    assert html.count('id="u-') < 400


def test_a_report_of_several_recordings_is_an_index_and_their_pages(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    done = sentivox("analyze", turns, "--report", tmp_path / "r.html", "--modalities", "audio")
    assert done.returncode == 0
    assert "b.wav" in done.stdout  # beside the table, not instead of it
    assert {p.name for p in (tmp_path / "r").iterdir()} == {"a.html", "b.html"}
    assert 'href="r/a.html"' in (tmp_path / "r.html").read_text()


def test_one_that_can_be_heard_beside_one_that_cannot_is_a_report_of_one(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    files = (turns / "b.wav", turns / "notes.txt")
    done = sentivox("analyze", *files, "--report", tmp_path / "r.html", "--modalities", "audio")
    assert done.returncode == 1
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def word_error_rate(document: dict[str, object]) -> float:
    """Words wrong over words said, in the order of time, both channels together."""
    channels = document["channels"]
    assert isinstance(channels, list)
    every = sorted((u for c in channels for u in c["utterances"]), key=lambda u: u["start"])
    heard = " ".join(u["transcript"] or "" for u in every)
    said = " ".join(turn["text"] for turn in script()["turns"])
    return error_rate([word_errors(said, heard)])


def test_what_is_missing_is_in_the_table_and_the_document(
    sentivox: Sentivox, tmp_path: Path
) -> None:
    keep = lambda at: None if 3 <= at < 9 else at  # noqa: E731
    path = write(tmp_path / "a.webm", [voices(15)], "libopus", rate=48_000, keep=keep)
    said = sentivox("analyze", path, "--profile", "embedded", "--modalities", "audio")
    assert "6.0 s of audio are missing and were treated as silence: 0:03.0 to 0:09.0" in said.stdout
    said = sentivox("analyze", path, "--profile", "embedded", "--modalities", "audio", "--json")
    (gap,) = json.loads(said.stdout)["gaps"]
    assert (gap["start"], gap["end"]) == (pytest.approx(3, abs=0.1), pytest.approx(9, abs=0.1))


def test_a_track_by_its_number(sentivox: Sentivox, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mka", [call(5)[:1], call(5)[1:]], "flac")
    options = ("--profile", "embedded", "--modalities", "audio", "--json")
    for track, channels in (("1", 1), ("all", 2)):
        said = sentivox("analyze", path, "--track", track, *options)
        assert len(json.loads(said.stdout)["channels"]) == channels
    said = sentivox("analyze", path, "--track", "3", *options)
    assert "there is no track 3" in said.stderr


def test_subtitles_are_written_beside_whatever_else_comes(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    done = sentivox(
        "analyze", turns / "b.wav", "--profile", "embedded", "--json", "--srt", tmp_path / "b.srt",
        "--vtt", tmp_path / "b.vtt",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (utterance,) = json.loads(done.stdout)["channels"][0]["utterances"]
    for captions in (
        webvtt.from_srt(str(tmp_path / "b.srt")),
        webvtt.read(str(tmp_path / "b.vtt")),
    ):
        assert " ".join(" ".join(c.text.split()) for c in captions) == utterance["transcript"]
        starts = [w["start"] for w in utterance["words"]]
        assert {round(c.start_in_seconds, 3) for c in captions} <= {int(s) for s in starts} | {
            round(s, 3) for s in starts
        }


def test_subtitles_of_several_recordings_are_a_folder(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    done = sentivox(
        "analyze", turns, "--profile", "embedded", "--srt", tmp_path / "calls.srt", "-q"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "calls").iterdir()) == ["a.srt", "b.srt"]
    assert not (tmp_path / "calls.srt").exists()


def test_subtitles_beside_recordings_never_overwrite_them(
    sentivox: Sentivox, turns: Path, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    for name in ("a.wav", "b.wav"):
        shutil.copy(turns / "b.wav", calls / name)
    before = (calls / "b.wav").read_bytes()
    done = sentivox("analyze", calls, "--profile", "embedded", "--vtt", f"{calls}.wav", "-q")
    assert done.returncode == 0, done.stderr
    assert (calls / "b.wav").read_bytes() == before
    assert sorted(p.name for p in calls.iterdir()) == ["a.vtt", "a.wav", "b.vtt", "b.wav"]
    done = sentivox("analyze", calls, "--profile", "embedded", "--vtt", tmp_path / "..vtt", "-q")
    assert (done.returncode, "needs a name" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--srt", "a.srt", "--modalities", "audio"], "--srt needs the words"),
        (["--srt", "same", "--vtt", "../{}/same"], "name the same file"),
        (["--vtt", "a.vtt", "--json", "-o", "o", "--resume"], "--resume and --vtt"),
        (["--srt", "same", "--vtt", "same"], "name the same file"),
        (["--subtitle-sentiment"], "needs --srt or --vtt"),
        (["--srt", "missing/a.srt"], "choose another --srt"),
    ],
)
def test_subtitles_that_cannot_be_are_refused_at_once(
    sentivox: Sentivox, turns: Path, flags: list[str], says: str, tmp_path: Path
) -> None:
    places = {"a.srt", "a.vtt", "o", "same", "../{}/same"}
    here = [str(tmp_path / f.format(tmp_path.name)) if f in places else f for f in flags]
    done = sentivox("analyze", turns / "b.wav", *here)
    assert done.returncode != 0
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4
