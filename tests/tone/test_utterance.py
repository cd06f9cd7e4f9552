"""The bundled model of the tone of utterances: what must not sway it, and what it survives."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks import nonspeech
from sentivox.errors import ModelError
from sentivox.models.embedded import WEIGHTS
from sentivox.samples import script
from sentivox.tone.padding import LEAST_SILENCE, PADDED_STEP, padded_length
from sentivox.tone.utterance import (
    BUNDLED_UTTERANCE_TONE,
    MAX_PIECE_SAMPLES,
    UtteranceToneModel,
)
from sentivox.types import Int16Array, ToneScores
from tests.tone.folders import copied


@pytest.fixture(scope="module")
def model() -> UtteranceToneModel:
    return UtteranceToneModel.load()


def amplified(pcm: Int16Array, decibels: float) -> Int16Array:
    return np.clip(np.round(pcm * 10 ** (decibels / 20)), -32768, 32767).astype(np.int16)


def far_apart(one: ToneScores, other: ToneScores) -> float:
    """Largest difference of any probability."""
    return max(
        float(np.abs(np.exp(one.sentiment) - np.exp(other.sentiment)).max()),
        float(np.abs(one.emotions - other.emotions).max()),
    )


@pytest.mark.parametrize("samples", [0, 1, 399, 8000, 8001, 160_000])
def test_padding_leaves_silence_and_is_a_multiple(samples: int) -> None:
    length = padded_length(samples)
    assert length % PADDED_STEP == 0
    assert LEAST_SILENCE <= length - samples < LEAST_SILENCE + PADDED_STEP


def test_scores_are_probabilities(model: UtteranceToneModel, turns: list[Int16Array]) -> None:
    for scores in model.classify(turns):
        assert scores.sentiment.shape == (3,)
        assert scores.emotions.shape == (8,)
        assert scores.sentiment.dtype == scores.emotions.dtype == np.float32
        np.testing.assert_allclose(np.exp(scores.sentiment).sum(), 1, rtol=1e-5)
        np.testing.assert_allclose(scores.emotions.sum(), 1, rtol=1e-5)


def test_each_is_scored_by_itself(model: UtteranceToneModel, turns: list[Int16Array]) -> None:
    together = model.classify(turns[:4])
    for turn, scores in zip(turns, together, strict=False):
        assert far_apart(model.classify([turn])[0], scores) == 0


def test_threads_share_it(model: UtteranceToneModel, turns: list[Int16Array]) -> None:
    expected = model.classify(turns)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda turn: model.classify([turn])[0], turns))
    assert max(map(far_apart, got, expected)) == 0


@pytest.mark.parametrize("decibels", [-20, -10, 6])
def test_gain_hardly_matters(
    model: UtteranceToneModel, turns: list[Int16Array], decibels: int
) -> None:
    changed = model.classify([amplified(turn, decibels) for turn in turns])
    plain = model.classify(turns)
    assert np.mean([far_apart(*pair) for pair in zip(plain, changed, strict=True)]) < 0.06
    labels = [[int(one.sentiment.argmax()) for one in scores] for scores in (plain, changed)]
    assert labels[0] == labels[1]


def test_calm_and_polite_lines_are_no_false_alarm(
    model: UtteranceToneModel, turns: list[Int16Array]
) -> None:
    moods = [turn["mood"] for turn in script()["turns"]]
    calm = [t for t, mood in zip(turns, moods, strict=True) if mood in {"calm", "polite"}]
    assert len(calm) >= 4
    for scores in model.classify(calm):
        probs = np.exp(scores.sentiment)
        assert max(probs[0], probs[2]) < 0.6


@pytest.mark.parametrize("level", [0, 1, 7])
def test_silence_says_nothing(model: UtteranceToneModel, level: int) -> None:
    pcm = np.random.default_rng(0).integers(-level, level + 1, 16_000).astype(np.int16)
    (scores,) = model.classify([pcm])
    np.testing.assert_allclose(np.exp(scores.sentiment), 1 / 3, atol=1e-3)
    assert scores.sentiment.argmax() == 1


@pytest.mark.parametrize("samples", [0, 1, 100, 400, 1600, 3000])
def test_next_to_nothing_is_survived_and_says_little(
    model: UtteranceToneModel, turns: list[Int16Array], samples: int
) -> None:
    (scores,) = model.classify([turns[0][8000 : 8000 + samples]])
    assert np.isfinite(scores.sentiment).all()
    assert np.exp(scores.sentiment).max() < 0.5


def test_a_long_utterance_is_the_mean_of_its_even_pieces(
    model: UtteranceToneModel, turns: list[Int16Array]
) -> None:
    """Two pieces that are the same say the same together, but for their length."""
    piece = np.resize(max(turns, key=len), MAX_PIECE_SAMPLES - 800)
    once, twice = model.classify([piece, np.concatenate([piece, piece])])
    assert 0 < far_apart(once, twice) < 0.02
    assert once.sentiment.argmax() == twice.sentiment.argmax()
    assert twice.sentiment.max() > once.sentiment.max()


@pytest.mark.parametrize("kind", ["white", "pink", "breath", "cough", "taps", "music", "tones"])
def test_what_is_no_speech_gets_no_confident_sentiment(
    model: UtteranceToneModel, kind: str
) -> None:
    noises = [nonspeech.make(kind, seed, 2.0) for seed in range(4)]
    assert max(np.exp(s.sentiment).max() for s in model.classify(noises)) < 0.6


def test_clipping_is_survived(model: UtteranceToneModel, turns: list[Int16Array]) -> None:
    (scores,) = model.classify([amplified(turns[0], 60)])
    assert np.isfinite(scores.sentiment).all()


def test_weights_that_are_not_those_described_are_refused(tmp_path: Path) -> None:
    folder = copied(BUNDLED_UTTERANCE_TONE, tmp_path)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(ModelError, match="reinstall"):
        UtteranceToneModel.load(folder)


def test_other_emotions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs the emotions"):
        UtteranceToneModel.load(copied(BUNDLED_UTTERANCE_TONE, tmp_path, emotions=["happy"]))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        UtteranceToneModel.load(tmp_path / "nowhere")
