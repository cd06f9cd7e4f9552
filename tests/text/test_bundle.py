"""Model folders that are missing, damaged or made for something else."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sentivox
from sentivox.errors import ModelError
from sentivox.text.bundle import open_text_bundle
from sentivox.text.embedded import SHIPPED, EmbeddedTextModel

MODELS = Path(sentivox.__file__).parent / "models"
ENGLISH = MODELS / "text-en"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The English model's folder with its sidecar and tokenizer, for a test to spoil.

    The weights are left out: whatever is wrong must be found before they are looked at.
    """
    for name in ("model.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((ENGLISH / name).read_bytes())
    replace(tmp_path, "model.onnx", b"not weights")
    return tmp_path


def replace(folder: Path, name: str, content: bytes) -> None:
    """Write a file and its checksum."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    edit_card(folder, lambda card: card["sha256"].update({name: digest}))


def edit_card(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "model.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    change(card)
    path.write_text(json.dumps(card), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        EmbeddedTextModel.load("en", folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(("language", "most"), [("en", 25_000_000), ("zh", 8_000_000)])
def test_the_shipped_files_are_the_ones_the_sidecar_describes(language: str, most: int) -> None:
    bundle = open_text_bundle(MODELS / f"text-{language}")
    assert bundle.card.language == language
    assert sum(f.stat().st_size for f in (MODELS / f"text-{language}").iterdir()) <= most


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "model.json"])
def test_names_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    message = refusal(folder)
    assert name in message
    assert "reinstall" in message


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_refuses_a_truncated_file(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    expected = json.loads((folder / "model.json").read_text(encoding="utf-8"))["sha256"][name]
    message = refusal(folder)
    assert f"{name} is not the file" in message
    assert f"expected is {expected}, this one has" in message


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_an_absent_file_is_named_with_the_hash_it_should_have(
    tmp_path: Path, language: str, name: str
) -> None:
    for file in (MODELS / f"text-{language}").iterdir():
        if file.name != name:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    expected = open_text_bundle(MODELS / f"text-{language}").card.sha256[name]
    with pytest.raises(ModelError) as caught:
        EmbeddedTextModel.load(language, tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": 3}'])
def test_refuses_a_damaged_sidecar(folder: Path, content: str) -> None:
    (folder / "model.json").write_text(content, encoding="utf-8")
    assert "damaged" in refusal(folder)


def test_weights_that_learned_words_alone_are_given_no_marks(folder: Path) -> None:
    replace(folder, "model.onnx", (ENGLISH / "model.onnx").read_bytes())
    edit_card(folder, lambda card: card.update(spelling=1))
    bare, marked = EmbeddedTextModel.load("en", folder).classify(["you are late", "You are late?!"])
    assert np.array_equal(bare.sentiment, marked.sentiment)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": ["positive", "neutral", "negative"]}, "labels"),
        ({"temperature": 0}, "temperature"),
        ({"max_tokens": 2}, "tokens"),
        ({"spelling": 0}, "spelling 0"),
        ({"language": "zh"}, "'zh'"),
        ({"surprise": 1}, "damaged"),
    ],
)
def test_refuses_a_sidecar_that_does_not_fit(
    folder: Path, change: dict[str, Any], reason: str
) -> None:
    edit_card(folder, lambda card: card.update(change))
    assert reason in refusal(folder)


def test_refuses_nonsense_even_with_the_right_checksum(folder: Path) -> None:
    assert "ONNX Runtime cannot read the text model" in refusal(folder)
    replace(folder, "tokenizer.json", b"not a tokenizer")
    assert "tokenizer.json is damaged" in refusal(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot read" in refusal(tmp_path / "nowhere")
