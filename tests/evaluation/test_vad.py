"""Voice activity against marks of where somebody speaks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sentivox.audio.files import AudioFile, write_wav
from sentivox.errors import DataError
from sentivox.evaluation.vad import Counts, Windows, bridged, count_errors, evaluate, figures, held
from sentivox.evaluation.work import EvaluationRequest
from sentivox.samples import CALL, script
from sentivox.speech.endpointing import EndpointConfig
from tests.evaluation.conftest import nothing

HEADER = "file\tstart\tend\tspeaker\n"


def test_shares_by_hand() -> None:
    parts = [Counts(10, 4, 1, 0, 10, 0), Counts(10, 0, 0, 3, 8, 0)]
    assert figures(parts) == {
        "frame_accuracy": 0.8,
        "miss": 0.25,
        "false_alarm": 3 / 16,
        "utterance_accuracy": 0.9,
        "lost": 0,
    }


def test_hysteresis_holds_between_its_thresholds() -> None:
    config = EndpointConfig(threshold=0.5, release=0.3)
    probs = [0.4, 0.6, 0.4, 0.29, 0.4]
    assert held(probs, config).tolist() == [False, True, True, False, False]


def test_what_is_cut_off_and_what_is_made_up() -> None:
    speech = np.zeros(200, np.bool_)
    speech[50:100] = True
    heard = np.where(speech, 0.9, 0.1)
    heard[90:120] = 0.9  # goes on hearing for 20 windows
    found = count_errors(Windows(speech, heard.tolist()), EndpointConfig())
    assert (found.n, found.speech, found.missed, found.false) == (200, 50, 0, 20)
    assert (found.utterance_right, found.lost) == (180, 0)
    nothing_heard = count_errors(Windows(speech, [0.0] * 200), EndpointConfig())
    assert (nothing_heard.missed, nothing_heard.lost) == (50, 50)


@given(arrays(np.bool_, st.integers(0, 60)), st.integers(0, 10))
def test_bridging_only_fills_short_gaps(speech: np.ndarray, gap: int) -> None:
    filled = bridged(speech, gap)
    assert (filled >= speech).all()
    assert (bridged(filled, gap) == filled).all()
    edges = np.flatnonzero(np.diff(np.concatenate([[1], filled.astype(int), [1]])))
    inner = [b - a for a, b in zip(edges[::2], edges[1::2], strict=False)]
    touching = {0, len(speech)}
    for (a, b), length in zip(zip(edges[::2], edges[1::2], strict=False), inner, strict=True):
        assert length > gap or {int(a), int(b)} & touching


def test_the_calls_own_script(tmp_path: Path) -> None:
    write_wav(tmp_path / "call.wav", np.concatenate(list(AudioFile(CALL, mixdown=True)), axis=1))
    marks = [f"call.wav\t{t['start']}\t{t['end']}\t{t['channel']}\n" for t in script()["turns"]]
    (tmp_path / "segments.tsv").write_text(HEADER + "".join(marks))
    write_wav(tmp_path / "quiet.wav", np.zeros(48_000, np.int16))
    (tmp_path / "manifest.tsv").write_text("file\ncall.wav\nquiet.wav\n")
    report = evaluate(EvaluationRequest(path=tmp_path), nothing)
    assert report.metrics["frame_accuracy"] > 0.85
    assert report.metrics["lost"] < 0.05
    assert report.by["recording"]["quiet.wav"]["false_alarm"] == 0
    assert report.n == sum(part["n"] for part in report.by["recording"].values())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a.wav\tzero\t1\tx\n", "line 2: file, and start and end in seconds"),
        ("a.wav\t2\t1\tx\n", "line 2: file, and start and end in seconds, in this order"),
        ("a.wav\tnan\t1\tx\n", "line 2: file, and start and end in seconds"),
        ("a.wav\t0\tinf\tx\n", "line 2: file, and start and end in seconds"),
        ("a.wav\t-1\t1\tx\n", "line 2: file, and start and end in seconds"),
        ("a.wav\t0\n", "line 2: file, and start and end in seconds"),
        ("a.wav\t0\t1\tx\n", r"holds no a\.wav, which its table names"),
    ],
)
def test_bad_marks_are_one_line(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "segments.tsv").write_text(HEADER + rows)
    with pytest.raises(DataError, match=message):
        evaluate(EvaluationRequest(path=tmp_path), nothing)
    with pytest.raises(DataError, match=r"segments\.tsv does not exist"):
        evaluate(EvaluationRequest(path=tmp_path / "nowhere" / "segments.tsv"), nothing)


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("", "marks no speech in 2 recordings: start and end are in seconds"),
        ("a.wav\t1500\t2500\tx\n", "marks no speech in 2 recordings"),  # milliseconds
        ("a.wav\t0\t9\tx\nb.wav\t0\t9\tx\n", "marks all of 2 recordings as speech"),
    ],
)
def test_marks_by_which_the_deaf_are_right_are_refused(
    tmp_path: Path, marks: str, message: str
) -> None:
    for name in ("a.wav", "b.wav"):
        write_wav(tmp_path / name, np.zeros(48_000, np.int16))
    (tmp_path / "segments.tsv").write_text(HEADER + marks)
    (tmp_path / "manifest.tsv").write_text("file\na.wav\nb.wav\n")
    with pytest.raises(DataError, match=message):
        evaluate(EvaluationRequest(path=tmp_path), nothing)


def test_few_recordings_are_said(tmp_path: Path) -> None:
    for n, said in ((2, True), (8, False)):
        rows = "".join(f"{i}.wav\t0\t1\tx\n" for i in range(n))
        for i in range(n):
            write_wav(tmp_path / f"{i}.wav", np.zeros(48_000, np.int16))
        (tmp_path / "segments.tsv").write_text(HEADER + rows)
        notes = evaluate(EvaluationRequest(path=tmp_path), nothing).notes
        assert any(f"rest on {n} recordings" in note for note in notes) == said
