"""Write a DistilBERT classifier with random or given weights as an ONNX file.

The graph is that of an exported `DistilBertForSequenceClassification` (Sanh et al. 2019,
arXiv:1910.01108). The int8 form has the nodes of ONNX Runtime's dynamic quantisation, so that ONNX
Runtime fuses and runs it in the same way.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.standins.onnx import Graph
from sentivox.types import FloatArray

Weights = Mapping[str, FloatArray]
"""Weights by name in a transformers checkpoint; a linear layer's have shape (out, in)."""

BINARY_LABELS: Final = ("NEGATIVE", "POSITIVE")


@dataclass(frozen=True, slots=True)
class DistilBertShape:
    """The sizes of a model; by default those of distilbert-base-uncased.

    Attributes:
        words: Tokens in the vocabulary.
        positions: Most tokens in a text.
        width: Size of the hidden state.
        heads: Attention heads per layer.
        layers: Number of layers.
        inner: Hidden size of the feed-forward network.
    """

    words: int = 30_522
    positions: int = 512
    width: int = 768
    heads: int = 12
    layers: int = 6
    inner: int = 3072


BASE: Final = DistilBertShape()


def make_distilbert(
    folder: Path,
    *,
    shape: DistilBertShape = BASE,
    weights: Weights | None = None,
    int8: bool = True,
) -> Path:
    """Write config.json, tokenizer.json and model.onnx into `folder`.

    The tokenizer splits at spaces and knows no word, so a text of n words has n + 2 tokens.

    Args:
        folder: Folder to write to, created if necessary.
        shape: Sizes of the model.
        weights: Weights of the model, by default random.
        int8: Quantise weights (per channel, tables per row) and activations (per run).

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels = {str(i): label for i, label in enumerate(BINARY_LABELS)}
    config = {"model_type": "distilbert", "max_position_embeddings": shape.positions}
    (folder / "config.json").write_text(json.dumps(config | {"id2label": labels}))
    marks = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    tokenizer = {
        "version": "1.0",
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {"type": "WordLevel", "vocab": marks, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    writer = _Writer(shape, weights or random_weights(shape), int8=int8)
    (folder / "model.onnx").write_bytes(writer.write())
    return folder


def random_weights(shape: DistilBertShape, seed: int = 0) -> dict[str, FloatArray]:
    """Return random weights with the usual standard deviation, 0.02."""
    rng = np.random.default_rng(seed)
    weights: dict[str, FloatArray] = {}

    def linear(name: str, out: int, into: int) -> None:
        weights[f"{name}.weight"] = rng.standard_normal((out, into), np.float32) * np.float32(0.02)
        weights[f"{name}.bias"] = np.zeros(out, np.float32)

    def norm(name: str) -> None:
        weights[f"{name}.weight"] = np.ones(shape.width, np.float32)
        weights[f"{name}.bias"] = np.zeros(shape.width, np.float32)

    tables = "distilbert.embeddings"
    for name, rows in (("word", shape.words), ("position", shape.positions)):
        table = rng.standard_normal((rows, shape.width), np.float32)
        weights[f"{tables}.{name}_embeddings.weight"] = table * np.float32(0.02)
    norm(f"{tables}.LayerNorm")
    for i in range(shape.layers):
        layer = f"distilbert.transformer.layer.{i}"
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            linear(f"{layer}.attention.{part}", shape.width, shape.width)
        linear(f"{layer}.ffn.lin1", shape.inner, shape.width)
        linear(f"{layer}.ffn.lin2", shape.width, shape.inner)
        norm(f"{layer}.sa_layer_norm")
        norm(f"{layer}.output_layer_norm")
    linear("pre_classifier", shape.width, shape.width)
    linear("classifier", len(BINARY_LABELS), shape.width)
    return weights


class _Writer:
    """Builds the graph. Its methods take and return names of values in it."""

    def __init__(self, shape: DistilBertShape, weights: Weights, *, int8: bool) -> None:
        self._shape = shape
        self._weights = weights
        self._int8 = int8
        self._graph = Graph()
        self._quantised: dict[str, str] = {}

    def write(self) -> bytes:
        """Return the content of the ONNX file."""
        graph = self._graph
        x, mask = self._embed(), self._mask()
        for i in range(self._shape.layers):
            x = self._layer(f"distilbert.transformer.layer.{i}", x, mask)
        first = graph.add("Gather", x, graph.tensor(np.array(0, np.int64)), axis=1)
        pooled = graph.add("Relu", self._linear("pre_classifier", first))
        logits = self._linear("classifier", pooled)
        tokens = ("batch", "tokens")
        inputs = {"input_ids": tokens, "attention_mask": tokens}
        return graph.model(inputs, {logits: ("batch", len(BINARY_LABELS))})

    def _embed(self) -> str:
        graph, tables = self._graph, "distilbert.embeddings"
        words = self._rows(self._weights[f"{tables}.word_embeddings.weight"])
        axis = graph.integers(0)
        length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.integers(1), axis=0)
        positions = graph.tensor(self._weights[f"{tables}.position_embeddings.weight"])
        places = graph.add("Slice", positions, axis, length, axis)
        return self._norm(f"{tables}.LayerNorm", graph.add("Add", words, places))

    def _rows(self, table: FloatArray) -> str:
        """Look up the tokens' rows in an embedding table."""
        graph = self._graph
        if not self._int8:
            return graph.add("Gather", graph.tensor(table), "input_ids", axis=0)
        rows, scale = _quantise(table, levels=127)
        picked = graph.add("Gather", graph.tensor(rows), "input_ids", axis=0)
        scales = graph.add("Gather", graph.tensor(scale), "input_ids", axis=0)
        return graph.add("Mul", graph.add("Cast", picked, to=1), scales)

    def _mask(self) -> str:
        """A mask that is added to attention scores to exclude padding, (batch, 1, 1, tokens)."""
        graph = self._graph
        there = graph.add("Cast", "attention_mask", to=1)
        gone = graph.add("Sub", _scalar(graph, 1.0), there)
        far = graph.add("Mul", gone, _scalar(graph, -1e9))
        return graph.add("Unsqueeze", far, graph.integers(1, 2))

    def _layer(self, name: str, x: str, mask: str) -> str:
        graph = self._graph
        attended = self._norm(
            f"{name}.sa_layer_norm", graph.add("Add", self._attend(f"{name}.attention", x, mask), x)
        )
        wide = self._gelu(self._linear(f"{name}.ffn.lin1", attended))
        narrow = self._linear(f"{name}.ffn.lin2", wide)
        return self._norm(f"{name}.output_layer_norm", graph.add("Add", narrow, attended))

    def _attend(self, name: str, x: str, mask: str) -> str:
        graph, depth = self._graph, self._shape.width // self._shape.heads
        apart = graph.integers(0, 0, self._shape.heads, depth)

        def heads(part: str, *order: int) -> str:
            wide = graph.add("Reshape", self._linear(f"{name}.{part}", x), apart)
            return graph.add("Transpose", wide, perm=order)

        query, key = heads("q_lin", 0, 2, 1, 3), heads("k_lin", 0, 2, 3, 1)
        scale = _scalar(graph, 1 / math.sqrt(depth))
        scores = graph.add("MatMul", graph.add("Mul", query, scale), key)
        shares = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
        mixed = graph.add("MatMul", shares, heads("v_lin", 0, 2, 1, 3))
        order = graph.add("Transpose", mixed, perm=(0, 2, 1, 3))
        together = graph.add("Reshape", order, graph.integers(0, 0, self._shape.width))
        return self._linear(f"{name}.out_lin", together)

    def _linear(self, name: str, x: str) -> str:
        graph, weight = self._graph, self._weights[f"{name}.weight"]
        bias = graph.tensor(self._weights[f"{name}.bias"])
        if not self._int8:
            return graph.add("Add", graph.add("MatMul", x, graph.tensor(weight.T)), bias)
        # 7 bits, because with 8 the 16-bit sums of CPUs without VNNI overflow.
        columns, scale = _quantise(weight, levels=63)
        if x not in self._quantised:
            self._quantised[x] = graph.add("DynamicQuantizeLinear", x, outputs=3)
        rows = self._quantised[x]
        zero = graph.tensor(np.zeros(len(weight), np.int8))
        sums = graph.add("MatMulInteger", rows, graph.tensor(columns.T), f"{rows}''", zero)
        scales = graph.add("Mul", f"{rows}'", graph.tensor(scale[:, 0]))
        return graph.add("Add", graph.add("Mul", graph.add("Cast", sums, to=1), scales), bias)

    def _norm(self, name: str, x: str) -> str:
        weight, bias = (
            self._graph.tensor(self._weights[f"{name}.{w}"]) for w in ("weight", "bias")
        )
        return self._graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-12)

    def _gelu(self, x: str) -> str:
        graph = self._graph
        erf = graph.add("Erf", graph.add("Div", x, _scalar(graph, math.sqrt(2))))
        grown = graph.add("Mul", x, graph.add("Add", erf, _scalar(graph, 1.0)))
        return graph.add("Mul", grown, _scalar(graph, 0.5))


def _scalar(graph: Graph, value: float) -> str:
    return graph.tensor(np.array(value, np.float32))


def _quantise(rows: FloatArray, levels: int) -> tuple[NDArray[np.int8], FloatArray]:
    """Return rows as int8 in ± levels, and the scale of each row, shape (n, 1)."""
    largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.float32(1e-8))
    scale = largest / np.float32(levels)
    return np.rint(rows / scale).astype(np.int8), scale
