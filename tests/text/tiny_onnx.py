"""A sentiment classifier small enough to be written by hand, with no ONNX library at hand.

Its score for a text is the sum of a row per token. Field numbers are those of onnx.proto.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

_INT64, _FLOAT = 7, 1


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
    classes = rows.shape[1]
    nodes = [
        node("Gather", ["rows", "input_ids"], "picked"),
        node("Cast", ["attention_mask"], "mask", to=_FLOAT),
        node("Unsqueeze", ["mask", "last"], "column"),
        node("Mul", ["picked", "column"], "kept"),
        node("ReduceSum", ["kept", "tokens"], "logits", keepdims=0),
    ]
    graph = b"".join(field(1, one) for one in nodes) + field(2, b"tiny")
    graph += field(5, tensor("rows", _FLOAT, rows.astype("<f4")))
    graph += field(5, tensor("last", _INT64, np.asarray([2], "<i8")))
    graph += field(5, tensor("tokens", _INT64, np.asarray([1], "<i8")))
    graph += b"".join(field(11, value(name, _INT64, ["batch", "length"])) for name in inputs)
    graph += field(12, value("logits", _FLOAT, ["batch", classes]))
    return field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int) -> bytes:
    data = b"".join(field(1, name.encode()) for name in inputs) + field(2, output.encode())
    data += field(4, operator.encode())
    for name, number in attributes.items():
        data += field(5, field(1, name.encode()) + field(3, number) + field(20, 2))
    return data


def tensor(name: str, kind: int, content: np.ndarray) -> bytes:
    shape = b"".join(field(1, size) for size in content.shape)
    return shape + field(2, kind) + field(8, name.encode()) + field(9, content.tobytes())


def value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = [field(1, s) if isinstance(s, int) else field(2, s.encode()) for s in shape]
    dimensions = b"".join(field(1, size) for size in sizes)
    return field(1, name.encode()) + field(2, field(1, field(1, kind) + field(2, dimensions)))


def field(number: int, content: int | bytes) -> bytes:
    """One protobuf field: a varint, or bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
