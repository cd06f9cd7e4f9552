"""Write trained weights as the folder of model files in the wheel.

These are ``model.onnx`` (int8 weights, dynamic axes), ``tokenizer.json`` and the sidecar.
"""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from sentivox.models.embedded import SIDECAR
from sentivox.text.normalise import SPELLINGS
from sentivox.types import SENTIMENTS
from training.text.encoder import SentimentEncoder
from training.text.quantise import Int8Embedding

MAX_TOKENS = 128
"""Longest input, in tokens. An utterance of 20 s has about 60 words."""


@dataclass(frozen=True, slots=True)
class Label:
    """The model's description in the sidecar, besides its files."""

    name: str
    version: str
    language: str
    temperature: float
    max_tokens: int = MAX_TOKENS


def write_onnx(model: SentimentEncoder, path: Path, *, int8: bool = True) -> None:
    """Export to ONNX: ``input_ids``, ``attention_mask`` (batch, tokens) int64 -> ``logits``."""
    model = model.eval()
    tables = model.embeddings
    positions = tables.position_embeddings
    positions.weight = torch.nn.Parameter(positions.weight[:MAX_TOKENS].detach().clone())
    if int8:
        tables.word_embeddings = Int8Embedding(tables.word_embeddings.weight)
    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2307, 102, 0]])
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        write_graph(model, ids, plain)
        if not int8:
            path.write_bytes(plain.read_bytes())
            return
        quantise(plain, path)


def quantise(plain: Path, path: Path) -> None:
    """Write a graph with int8 weights in its matrix products, and dynamic activation scales.

    Weights get 7 bits and a scale for each channel, because with the 8th bit the 16-bit sums of
    CPUs without VNNI overflow.
    """
    quantize_dynamic(
        plain,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )
    onnx.checker.check_model(str(path))


def write_graph(model: torch.nn.Module, ids: torch.Tensor, path: Path) -> None:
    """Export a model to ONNX; ``ids`` (batch, tokens) is an example input, padded with 0."""
    torch.onnx.export(
        model,
        (ids, (ids > 0).long()),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={
            "input_ids": {0: "batch", 1: "tokens"},
            "attention_mask": {0: "batch", 1: "tokens"},
            "logits": {0: "batch"},
        },
        opset_version=17,
        dynamo=False,
    )


def write_tokenizer(source: Path, path: Path) -> None:
    """Copy a tokenizer without padding and truncation, which the server adds."""
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    path.write_text(tokenizer.to_str(), encoding="utf-8")


def write_sidecar(folder: Path, label: Label) -> None:
    """Write the sidecar of the model and the tokenizer that are in the folder."""
    files = [folder / "model.onnx", folder / "tokenizer.json"]
    card = {
        "name": label.name,
        "version": label.version,
        "language": label.language,
        "labels": SENTIMENTS,
        "spelling": max(SPELLINGS),
        "max_tokens": label.max_tokens,
        "temperature": round(label.temperature, 4),
        "sha256": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
    }
    (folder / SIDECAR).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
