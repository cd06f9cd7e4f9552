"""How benchmarks/asr_quality.py counts, and which recognisers a benchmark can hear with."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asr_quality import Clip, calibration_error, clips, reliability
from benchmarks.recogniser import add_asr, recogniser
from sentivox.audio.files import write_wav
from sentivox.evaluation.transcripts import Errors
from sentivox.types import SAMPLE_RATE


def clip(confidence: float, wrong: int, said: int) -> Clip:
    return Clip(Errors(wrong, said), seconds=1.0, cpu=0.1, confidence=confidence)


def test_clips_weigh_by_their_words() -> None:
    done = [clip(0.95, 0, 30), clip(0.91, 10, 10), clip(0.25, 1, 2)]
    low, high = reliability(done)
    assert (low["from"], low["words"], low["clips"]) == (0.2, 2, 1)
    assert high["claimed"] == pytest.approx((0.95 * 30 + 0.91 * 10) / 40)
    assert high["right"] == pytest.approx(0.75)
    assert calibration_error(done) == pytest.approx((40 * (0.94 - 0.75) + 2 * 0.25) / 42)


def test_who_is_as_sure_as_right_has_no_calibration_error() -> None:
    assert calibration_error([clip(0.5, 5, 10), clip(0.8, 2, 10)]) == pytest.approx(0)


def test_turns_are_cut_from_their_speakers_channel(tmp_path: Path) -> None:
    sides = np.stack([np.full(SAMPLE_RATE, 1000), np.full(SAMPLE_RATE, -2000)]).astype(np.int16)
    write_wav(tmp_path / "call.wav", sides)
    rows = ["file\tchannel\tspeaker\tstart\tend\ttranscript",
            "call.wav\t0\tA\t0.0\t0.5\thello", "call.wav\t1\tB\t0.25\t1.0\tgood bye"]  # fmt: skip
    (tmp_path / "segments.tsv").write_text("\n".join(rows) + "\n")
    first, second = clips(tmp_path, 1)
    assert (first[0], len(first[1]), set(first[1])) == ("hello", SAMPLE_RATE // 2, {1000})
    assert (second[0], len(second[1]), set(second[1])) == (
        "good bye",
        SAMPLE_RATE * 3 // 4,
        {-2000},
    )
    assert [text for text, _ in clips(tmp_path, 2)] == ["hello"]


def test_a_benchmark_hears_with_what_is_named() -> None:
    parser = argparse.ArgumentParser()
    add_asr(parser)
    assert recogniser(parser.parse_args([]).asr).name.startswith("pocketsphinx")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("whisper", "no recogniser is called"),
        ("distilbert-sst2", "no recogniser is called"),
        ("whisper-small", "models pull whisper-small"),
    ],
)
def test_what_cannot_be_had_is_one_line(name: str, says: str, tmp_path: Path) -> None:
    away = dict.fromkeys(("SENTIVOX_MODELS_DIR", "HF_HOME", "HF_HUB_CACHE"), str(tmp_path))
    command = [sys.executable, "-m", "benchmarks.readings", "--asr", name]
    env = os.environ | away
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
