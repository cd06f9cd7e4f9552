"""The bundled model that tells speech from other sounds."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import nonspeech
from sentivox.asr.weighing import HIGH_SPEECH, LOW_SPEECH
from sentivox.errors import ModelError
from sentivox.models.embedded import SIDECAR, WEIGHTS
from sentivox.tone.speech import BUNDLED_SPEECH, MAX_SPEECH_SAMPLES, SpeechModel
from sentivox.types import Int16Array
from tests.tone.folders import copied


@pytest.fixture(scope="module")
def model() -> SpeechModel:
    return SpeechModel.load()


def test_a_call_is_speech(model: SpeechModel, turns: list[Int16Array]) -> None:
    assert min(heard.probability for heard in model.classify(turns)) > HIGH_SPEECH


@pytest.mark.parametrize("kind", ["white", "pink", "breath", "cough", "taps"])
def test_noises_made_here_are_not(model: SpeechModel, kind: str) -> None:
    noises = [nonspeech.make(kind, seed, 2.0) for seed in range(4)]
    assert max(heard.probability for heard in model.classify(noises)) < LOW_SPEECH


@pytest.mark.parametrize("kind", ["tones", "music"])
def test_what_rings_like_a_voice_is_not_taken_for_one(model: SpeechModel, kind: str) -> None:
    sounds = [nonspeech.make(kind, seed, 2.0) for seed in range(4)]
    assert max(heard.probability for heard in model.classify(sounds)) < HIGH_SPEECH


def test_each_is_judged_by_itself(model: SpeechModel, turns: list[Int16Array]) -> None:
    together = model.classify(turns)
    assert together == [model.classify([turn])[0] for turn in turns]


@pytest.mark.parametrize("decibels", [-20, -10, 10])
def test_gain_does_not_matter(model: SpeechModel, turns: list[Int16Array], decibels: int) -> None:
    gain = 10 ** (decibels / 20)
    peak = max(int(np.abs(turn).max()) for turn in turns)
    changed = [(turn * min(gain, 32767 / peak)).astype(np.int16) for turn in turns]
    for plain, other in zip(model.classify(turns), model.classify(changed), strict=True):
        assert other.probability == pytest.approx(plain.probability, abs=0.05)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 2000])
def test_a_few_samples_are_enough(model: SpeechModel, samples: int) -> None:
    (heard,) = model.classify([np.zeros(samples, np.int16)])
    assert 0 <= heard.probability <= 1


def test_the_beginning_tells(model: SpeechModel, turns: list[Int16Array]) -> None:
    long = np.resize(np.concatenate(turns), 2 * MAX_SPEECH_SAMPLES)
    assert model.classify([long]) == model.classify([long[:MAX_SPEECH_SAMPLES]])


def test_other_features_are_refused(tmp_path: Path) -> None:
    settings = json.loads((BUNDLED_SPEECH / SIDECAR).read_text())["features"]
    folder = copied(BUNDLED_SPEECH, tmp_path, features=settings | {"preemphasis": 0.9})
    with pytest.raises(ModelError, match=r"preemphasis 0\.9, not 0\.97.*retrain"):
        SpeechModel.load(folder)


def test_weights_that_are_not_those_described_are_refused(tmp_path: Path) -> None:
    folder = copied(BUNDLED_SPEECH, tmp_path)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(ModelError, match="SHA-256 expected"):
        SpeechModel.load(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        SpeechModel.load(tmp_path / "nowhere")
