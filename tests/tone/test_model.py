"""The bundled tone model: what must not sway it, and what it must survive."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sentivox.errors import ModelError
from sentivox.models.embedded import SIDECAR, WEIGHTS
from sentivox.tone.features import features
from sentivox.tone.model import BUNDLED_TONE, ToneModel
from sentivox.types import Int16Array, ToneScores
from tests.tone.folders import copied


@pytest.fixture(scope="module")
def model() -> ToneModel:
    return ToneModel.load()


def voice(
    seconds: float = 2.0, pitch: float = 180.0, seed: int = 0, peak: int = 3000
) -> Int16Array:
    """A buzzing vowel with syllables, a glide and a little breath."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16_000)) / 16_000
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * t))) / 16_000
    buzz = sum(np.cos(k * phase) / k**1.2 for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * t), 0.03, 1)
    wave = (buzz + 0.1 * rng.standard_normal(len(t))) * syllables
    return np.round(wave / np.abs(wave).max() * peak).astype(np.int16)


def amplified(pcm: Int16Array, gain: float) -> Int16Array:
    return np.clip(np.round(pcm * gain), -32768, 32767).astype(np.int16)


def far_apart(one: ToneScores, other: ToneScores) -> float:
    """Largest difference of any probability."""
    return max(
        float(np.abs(np.exp(one.sentiment) - np.exp(other.sentiment)).max()),
        float(np.abs(one.emotions - other.emotions).max()),
    )


def test_scores_are_probabilities(model: ToneModel) -> None:
    (scores,) = model.classify([features(voice())])
    assert scores.sentiment.shape == (3,)
    assert scores.emotions.shape == (8,)
    assert scores.sentiment.dtype == scores.emotions.dtype == np.float32
    np.testing.assert_allclose(np.exp(scores.sentiment).sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(scores.emotions.sum(), 1, rtol=1e-5)


def test_different_voices_score_differently(model: ToneModel) -> None:
    low, high = model.classify([features(voice(pitch=90)), features(voice(pitch=350))])
    assert far_apart(low, high) > 0.05


def test_a_window_scores_the_same_in_any_company(model: ToneModel) -> None:
    windows = [features(voice(s, 150 + 40 * i, i)) for i, s in enumerate((0.5, 3.0, 1.2, 0.03))]
    together = model.classify(windows)
    for window, scores in zip(windows, together, strict=True):
        (alone,) = model.classify([window])
        np.testing.assert_array_equal(alone.sentiment, scores.sentiment)
        np.testing.assert_array_equal(alone.emotions, scores.emotions)


def test_threads_share_it(model: ToneModel) -> None:
    windows = [features(voice(1.0, 120 + 10 * i, i)) for i in range(16)]
    expected = model.classify(windows)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda w: model.classify([w])[0], windows))
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one.emotions, other.emotions)


@pytest.mark.parametrize(
    ("peak", "decibels"), [(30_000, -20), (9_000, -10), (9_000, 10), (3_000, 20)]
)
def test_gain_does_not_matter(model: ToneModel, peak: int, decibels: int) -> None:
    pcm = voice(peak=peak)
    plain, louder = model.classify([features(pcm), features(amplified(pcm, 10 ** (decibels / 20)))])
    assert far_apart(plain, louder) < 0.01


def test_an_offset_does_not_matter(model: ToneModel) -> None:
    pcm = voice()
    plain, offset = model.classify([features(pcm), features((pcm + 4000).astype(np.int16))])
    assert far_apart(plain, offset) < 0.01


def test_clipping_is_survived(model: ToneModel) -> None:
    (scores,) = model.classify([features(amplified(voice(), 1000))])
    assert np.isfinite(scores.sentiment).all()
    assert np.isfinite(scores.emotions).all()


@pytest.mark.parametrize("level", [0, 1])
def test_silence_says_nothing(model: ToneModel, level: int) -> None:
    pcm = np.random.default_rng(0).integers(-level, level + 1, 16_000).astype(np.int16)
    (scores,) = model.classify([features(pcm)])
    np.testing.assert_allclose(np.exp(scores.sentiment), 1 / 3, atol=1e-3)
    assert scores.sentiment.argmax() == 1
    np.testing.assert_allclose(scores.emotions, 1 / 8, atol=1e-6)


@pytest.mark.parametrize("samples", [1, 100, 400, 560, 800, 2000])
def test_a_few_frames_are_enough(model: ToneModel, samples: int) -> None:
    (scores,) = model.classify([features(voice()[:samples])])
    assert np.isfinite(scores.sentiment).all()
    assert np.isfinite(scores.emotions).all()


def test_speech_after_digital_silence_is_finite(model: ToneModel) -> None:
    (scores,) = model.classify([features(np.concatenate([np.zeros(8000, np.int16), voice(1.0)]))])
    assert np.isfinite(scores.sentiment).all()


def test_other_features_are_refused(tmp_path: Path) -> None:
    settings = json.loads((BUNDLED_TONE / SIDECAR).read_text())["features"]
    folder = copied(BUNDLED_TONE, tmp_path, features=settings | {"preemphasis": 0.9})
    with pytest.raises(ModelError, match=r"preemphasis 0\.9, not 0\.97.*retrain"):
        ToneModel.load(folder)


def test_other_emotions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs the emotions"):
        ToneModel.load(copied(BUNDLED_TONE, tmp_path, emotions=["happy", "sad"]))


def test_weights_that_are_not_those_described_are_refused(tmp_path: Path) -> None:
    folder = copied(BUNDLED_TONE, tmp_path)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(ModelError, match="reinstall"):
        ToneModel.load(folder)


def test_weights_that_are_no_model_are_refused(tmp_path: Path) -> None:
    sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    folder = copied(BUNDLED_TONE, tmp_path, sha256=sha256)
    (folder / WEIGHTS).write_bytes(b"test")
    with pytest.raises(ModelError, match="ONNX Runtime cannot read"):
        ToneModel.load(folder)


def test_a_damaged_sidecar_is_refused(tmp_path: Path) -> None:
    folder = copied(BUNDLED_TONE, tmp_path)
    (folder / SIDECAR).write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        ToneModel.load(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        ToneModel.load(tmp_path / "nowhere")
