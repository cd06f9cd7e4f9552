"""The faster-whisper backend, on a tiny model of random weights."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.asr.build import TranscriberSpec
from sentivox.asr.whisper import DecodeStats, WhisperTranscriber, confidence, refuse, summarise
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.types import Int16Array, Transcript
from tests.asr.tiny_whisper import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "whisper-tiny.en")


@pytest.fixture(scope="module")
def whisper(folder: Path) -> WhisperTranscriber:
    return WhisperTranscriber(str(folder))


def noise(seed: int, seconds: float) -> Int16Array:
    size = int(seconds * 16_000)
    return np.random.default_rng(seed).normal(0, 3_000, size).astype(np.int16)


def test_it_says_what_it_is(whisper: WhisperTranscriber) -> None:
    assert whisper.name == "faster-whisper/whisper-tiny.en"
    assert whisper.languages == {"en"}


def test_audio_becomes_text_with_a_confidence(whisper: WhisperTranscriber) -> None:
    heard = whisper.transcribe(noise(0, 1.0), "en")
    assert heard.text
    assert heard.language == "en"
    assert heard.confidence is not None
    assert 0 < heard.confidence <= 1


def test_what_came_before_has_no_influence(whisper: WhisperTranscriber) -> None:
    first = whisper.transcribe(noise(0, 1.0), None)
    whisper.transcribe(noise(1, 2.0), None)
    assert whisper.transcribe(noise(0, 1.0), None) == first


@pytest.mark.parametrize("samples", [0, 1, 4_799])
def test_scraps_of_audio_are_not_decoded(whisper: WhisperTranscriber, samples: int) -> None:
    heard = whisper.transcribe(noise(0, 1.0)[:samples], "en")
    assert heard == Transcript("", "en", 0.0, "too_short")


def test_it_runs_in_a_worker(folder: Path, whisper: WhisperTranscriber) -> None:
    spec = TranscriberSpec("whisper", {"folder": str(folder), "name": "tiny"})
    with WorkerPool(spec) as pool:
        heard = pool.submit(noise(0, 1.0), "en").result(30).value
        about = pool.wait_ready(0)
    assert heard == whisper.transcribe(noise(0, 1.0), "en")
    assert about is not None
    assert about.name == "faster-whisper/tiny"


@pytest.mark.parametrize("file", ["config.json", "model.bin", "tokenizer.json"])
def test_a_missing_file_is_named_and_never_fetched(tmp_path: Path, file: str) -> None:
    (make(tmp_path) / file).unlink()
    with pytest.raises(ModelError, match=f"has no {file}: pull the model again"):
        WhisperTranscriber(str(tmp_path))


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json"])
def test_a_damaged_file_is_one_line(tmp_path: Path, file: str) -> None:
    (make(tmp_path) / file).write_bytes(b"damaged\n" * 10)
    with pytest.raises(ModelError, match="is not a usable Whisper model") as caught:
        WhisperTranscriber(str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stats", "reason"),
    [
        (DecodeStats(-0.3, 0.1, 1.2), None),
        (DecodeStats(-0.3, 0.9, 1.2), None),
        (DecodeStats(-1.2, 0.1, 1.2), None),
        (DecodeStats(-1.2, 0.9, 1.2), "no_speech"),
        (DecodeStats(-0.1, 0.1, 2.5), "repetition"),
    ],
)
def test_invented_text_is_refused(stats: DecodeStats, reason: str | None) -> None:
    assert refuse(stats) == reason


@given(st.lists(st.tuples(st.floats(-5, 0), st.integers(1, 200)), min_size=1))
def test_the_mean_over_segments_weighs_tokens(segments: list[tuple[float, int]]) -> None:
    logprobs, tokens = [p for p, _ in segments], [n for _, n in segments]
    stats = summarise(logprobs, [0.1] * len(tokens), [1.0] * len(tokens), tokens)
    every_token = [p for p, n in segments for _ in range(n)]
    assert math.isclose(stats.logprob, math.fsum(every_token) / len(every_token), abs_tol=1e-9)
    assert 0 < confidence(stats) <= 1


def test_nothing_heard_is_no_confidence() -> None:
    stats = summarise([], [], [], [])
    assert confidence(stats) == 0.0
    assert refuse(stats) == "no_speech"
