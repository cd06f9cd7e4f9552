"""Sentiment transformers from a folder, on a classifier of a few words."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.text.transformer import TransformerTextModel, banded
from tests.text.tiny_onnx import write_model

THREE = {"bad": (4.0, 0.0, -4.0), "fine": (-1.0, 3.0, 0.0), "good": (-4.0, 0.0, 4.0)}
TWO = {"bad": (4.0, -4.0), "so": (0.2, 0.0), "good": (-4.0, 4.0)}


def load(folder: Path) -> TransformerTextModel:
    return TransformerTextModel(folder, languages=["en"])


def scores(model: TransformerTextModel, text: str) -> np.ndarray:
    (one,) = model.classify([text])
    assert one.sentiment.dtype == np.float32
    assert np.exp(one.sentiment).sum() == pytest.approx(1, abs=1e-5)
    return one.sentiment


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_labels_are_mapped_by_name_not_by_place(tmp_path: Path, order: tuple[int, ...]) -> None:
    names = ("NEGATIVE", "Neutral", "positive")
    words = {word: [row[i] for i in order] for word, row in THREE.items()}
    model = load(write_model(tmp_path, [names[i] for i in order], words))
    for word, row in THREE.items():
        expected = np.asarray(row) - np.log(np.exp(row).sum())
        np.testing.assert_allclose(scores(model, word), expected, atol=1e-5)


def test_two_classes_get_a_neutral_band(tmp_path: Path) -> None:
    model = load(write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO))
    labels = [int(scores(model, text).argmax()) for text in ("bad", "so", "good", "good bad")]
    assert labels == [0, 1, 2, 1]


@given(st.floats(-500, 500))
def test_the_band_is_a_distribution_and_symmetric(lead: float) -> None:
    logs = banded(lead)
    assert np.isfinite(logs).all()
    assert np.exp(logs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(banded(-lead), logs[::-1], rtol=1e-6, atol=1e-6)


@given(st.floats(-50, 50), st.floats(0.01, 10))
def test_a_greater_lead_is_more_positive(lead: float, more: float) -> None:
    def score(x: float) -> float:
        negative, _, positive = np.exp(banded(x).astype(np.float64))
        return float(positive - negative)

    assert score(lead + more) >= score(lead) - 1e-6


def test_each_text_is_scored_by_itself_and_in_order(tmp_path: Path) -> None:
    model = load(write_model(tmp_path, ["negative", "neutral", "positive"], THREE))
    texts = ["good", "bad good fine", "", "bad"]
    together = [one.sentiment for one in model.classify(texts)]
    for text, one in zip(texts, together, strict=True):
        np.testing.assert_array_equal(one, scores(model, text))
    assert model.classify([]) == []


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_text_without_words_says_nothing(tmp_path: Path, text: str) -> None:
    model = load(write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO))
    said = np.exp(scores(model, text))
    assert said.argmax() == 1
    assert said.max() - said.min() < 0.01


def test_a_very_long_text_is_cut(tmp_path: Path) -> None:
    model = load(write_model(tmp_path, ["negative", "neutral", "positive"], THREE))
    short, long = scores(model, "bad " * 128), scores(model, "bad " * 128 + "good " * 10_000)
    np.testing.assert_array_equal(short, long)


@pytest.mark.parametrize("weights", ["model.onnx", "model_int8.onnx", "onnx/model.onnx"])
def test_weights_are_found_where_exports_put_them(tmp_path: Path, weights: str) -> None:
    folder = write_model(tmp_path / "mine", ["NEGATIVE", "POSITIVE"], TWO, weights=weights)
    assert load(folder).name == "mine"


def test_models_that_want_token_types_get_them(tmp_path: Path) -> None:
    inputs = ("input_ids", "token_type_ids", "attention_mask")
    model = load(write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO, inputs))
    assert scores(model, "good").argmax() == 2


@pytest.mark.parametrize(
    "labels",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["1 star", "2 stars", "3 stars"],
        ["negative", "positive", "mixed"],
        ["joy", "anger"],
        ["negative", "negative"],
        ["positive"],
    ],
)
def test_labels_that_are_not_sentiments_are_refused(tmp_path: Path, labels: list[str]) -> None:
    words = {"a": [0.0] * len(labels)}
    with pytest.raises(ModelError, match=f"the labels {', '.join(labels)} are not sentiments"):
        load(write_model(tmp_path, labels, words))


def test_labels_and_scores_must_match(tmp_path: Path) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], THREE)
    with pytest.raises(ModelError, match=r"scores of shape \(1, 3\) for 2 labels"):
        load(folder)


def test_an_unknown_input_is_refused(tmp_path: Path) -> None:
    inputs = ("input_ids", "attention_mask", "pixel_values")
    with pytest.raises(ModelError, match="wants an input 'pixel_values'"):
        load(write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO, inputs))


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "onnx/model_quantized.onnx"])
@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_missing_and_damaged_files_are_named(tmp_path: Path, file: str, damage: str) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO)
    (folder / file).unlink()
    if damage == "garbage":
        (folder / file).write_bytes(b"\x00garbage\n")
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert Path(file).name in str(caught.value)


def test_a_config_without_labels_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ModelError, match="has no id2label"):
        load(folder)
