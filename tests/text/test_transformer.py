"""Sentiment transformers from a folder, on a classifier of a few words."""

import json
from pathlib import Path

import numpy as np
import pytest

from sentivox.errors import ModelError
from sentivox.text.transformer import TransformerTextModel
from tests.text.tiny_onnx import write_model

THREE = {"bad": (4.0, 0.0, -4.0), "fine": (-1.0, 3.0, 0.0), "good": (-4.0, 0.0, 4.0)}
TWO = {"bad": (4.0, -4.0), "so": (0.2, 0.0), "good": (-4.0, 4.0)}


def load(folder: Path) -> TransformerTextModel:
    return TransformerTextModel(folder, languages=["en"])


def config(folder: Path, **more: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | more))


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


def test_a_models_own_band_is_the_one_that_counts(tmp_path: Path) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO)
    config(folder, neutral_band={"low": -20, "high": 20, "spread": 1})
    assert {int(scores(load(folder), text).argmax()) for text in TWO} == {1}


@pytest.mark.parametrize(
    "band", [{"low": 1, "high": 0, "spread": 1}, {"low": 0, "high": 1, "spread": 0}, {"low": 0}, 3]
)
def test_a_band_that_is_none_is_refused(tmp_path: Path, band: object) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], TWO)
    config(folder, neutral_band=band)
    with pytest.raises(ModelError, match=r"config\.json .*neutral_band") as caught:
        load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "names", [("NEG", "NEU", "POS"), ("neg", "neu", "pos"), ("Negative", "Neutral", "Positive")]
)
def test_the_names_that_models_in_use_have(tmp_path: Path, names: tuple[str, ...]) -> None:
    model = load(write_model(tmp_path, names, THREE))
    assert [int(scores(model, text).argmax()) for text in ("bad", "fine", "good")] == [0, 1, 2]


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


@pytest.mark.parametrize(
    ("about", "longest"),
    [
        ({}, 512),
        ({"max_position_embeddings": 20}, 20),
        ({"max_position_embeddings": 20, "model_type": "distilbert", "pad_token_id": 0}, 20),
        ({"max_position_embeddings": 22, "model_type": "roberta", "pad_token_id": 1}, 20),
        ({"max_position_embeddings": 22, "model_type": "xlm-roberta"}, 20),
        ({"max_position_embeddings": -1}, 512),
    ],
)
def test_texts_are_cut_at_the_models_own_limit(
    tmp_path: Path, about: dict[str, object], longest: int
) -> None:
    folder = write_model(tmp_path, ["negative", "neutral", "positive"], THREE)
    config(folder, **about)
    model = load(folder)
    assert model.max_tokens == longest
    whole = scores(model, "bad " * longest)
    np.testing.assert_array_equal(whole, scores(model, "bad " * longest + "good " * 10_000))
    assert not np.array_equal(whole, scores(model, "bad " * (longest - 1) + "good"))


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


def test_labels_without_names_say_what_to_do(tmp_path: Path) -> None:
    folder = write_model(tmp_path, ["LABEL_0", "LABEL_1"], TWO)
    with pytest.raises(ModelError, match="they are not named; look up what they mean"):
        load(folder)


def test_labels_and_scores_must_match(tmp_path: Path) -> None:
    folder = write_model(tmp_path, ["NEGATIVE", "POSITIVE"], THREE)
    with pytest.raises(ModelError, match=r"scores of shape \(1, 3\) for 2 labels"):
        load(folder)


def test_an_unknown_input_is_refused(tmp_path: Path) -> None:
    inputs = ("input_ids", "attention_mask", "pixel_values")
    with pytest.raises(ModelError, match="needs an input 'pixel_values'"):
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
    with pytest.raises(ModelError, match="id2label"):
        load(folder)
