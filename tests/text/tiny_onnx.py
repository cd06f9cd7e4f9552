"""A sentiment classifier of a few words: its score for a text is the sum of a row per token."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sentivox.standins.onnx import Graph


def write_model(
    folder: Path,
    labels: Sequence[str],
    words: Mapping[str, Sequence[float]],
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    weights: str = "onnx/model_quantized.onnx",
) -> Path:
    """Write config.json, tokenizer.json and the ONNX file: `words` gives each word's scores."""
    path = folder / weights
    path.parent.mkdir(parents=True, exist_ok=True)
    config = {"id2label": {str(i): label for i, label in enumerate(labels)}, "model_type": "tiny"}
    (folder / "config.json").write_text(json.dumps(config))
    write_tokenizer(folder / "tokenizer.json", list(words))
    rows = [[0.0] * len(next(iter(words.values()))), *words.values()]
    path.write_bytes(classifier(np.asarray(rows, np.float32), inputs))
    return folder


def write_tokenizer(path: Path, words: Sequence[str]) -> None:
    """Whole words, split at spaces; any other word is number 0."""
    vocabulary = {"[UNK]": 0} | {word: i for i, word in enumerate(words, 1)}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    content = {"version": "1.0", "pre_tokenizer": {"type": "Whitespace"}, "model": model}
    path.write_text(json.dumps(content))


def classifier(rows: np.ndarray, inputs: Sequence[str]) -> bytes:
    """ModelProto: logits = sum over tokens of rows[id] · mask."""
    graph = Graph()
    picked = graph.add("Gather", graph.tensor(rows), "input_ids")
    mask = graph.add("Cast", "attention_mask", to=1)
    kept = graph.add("Mul", picked, graph.add("Unsqueeze", mask, graph.integers(2)))
    logits = graph.add("ReduceSum", kept, graph.integers(1), keepdims=0)
    sizes = ("batch", "length")
    return graph.model(dict.fromkeys(inputs, sizes), {logits: ("batch", rows.shape[1])})
