"""A Whisper of random weights, small enough to be made for a test. It babbles; it works."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec

WIDTH = 16
HEADS = 2
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


def make(folder: Path, seed: int = 0) -> Path:
    """Write config.json, model.bin, tokenizer.json and vocabulary into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = make_tokenizer(folder / "tokenizer.json")
    tokens += [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    fill(spec, len(tokens), np.random.default_rng(seed))
    spec.register_vocabulary(tokens)
    for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        setattr(spec.config, name, [])
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    assert (folder / "config.json").exists()
    return folder


def make_tokenizer(path: Path) -> list[str]:
    """A byte-level tokenizer without merges; returns its tokens in order."""
    # GPT-2's visible stand-ins for the bytes: printable ones stand for themselves.
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(c) for c in shown + list(range(256, 512 - len(shown)))]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    special = [
        {"id": len(letters) + i, "content": token, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for i, token in enumerate(SPECIAL)
    ]
    content = {
        "version": "1.0",
        "added_tokens": special,
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {c: i for i, c in enumerate(letters)}, "merges": []},
    }
    path.write_text(json.dumps(content))
    return [*letters, *SPECIAL]


def fill(spec: Any, vocabulary: int, rng: np.random.Generator) -> None:
    """Random weights of matching shapes everywhere."""

    def random(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def linear(part: Any, out: int, into: int) -> None:
        part.weight, part.bias = random(out, into), random(out)

    def norm(part: Any) -> None:
        part.gamma = np.ones(WIDTH, np.float32)
        part.beta = np.zeros(WIDTH, np.float32)

    def feed_forward(part: Any) -> None:
        norm(part.layer_norm)
        linear(part.linear_0, 4 * WIDTH, WIDTH)
        linear(part.linear_1, WIDTH, 4 * WIDTH)

    def attention(part: Any, *rows: int) -> None:
        norm(part.layer_norm)
        for one, row in zip(part.linear, rows, strict=True):
            linear(one, row, WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = random(WIDTH, 80, 3), random(WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = random(WIDTH, WIDTH, 3), random(WIDTH)
    encoder.position_encodings.encodings = random(1500, WIDTH)
    decoder.position_encodings.encodings = random(448, WIDTH)
    decoder.embeddings.weight = random(vocabulary, WIDTH)
    linear(decoder.projection, vocabulary, WIDTH)
    decoder.projection.bias[256:] = -100  # say letters, and neither marks nor the end
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    for layer in encoder.layer:
        attention(layer.self_attention, 3 * WIDTH, WIDTH)
        feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.self_attention, 3 * WIDTH, WIDTH)
        attention(layer.attention, WIDTH, 2 * WIDTH, WIDTH)
        feed_forward(layer.ffn)
