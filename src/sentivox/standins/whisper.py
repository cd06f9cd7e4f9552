"""Write Whisper models with random weights in CTranslate2's format: small, or shaped like tiny.

They understand nothing, but run. Without a script they produce random letters without end. With
one they produce its words and stop, whatever the audio: each position of the decoder then has a
strong vector, and the output row of the word that is due there is the same vector.
"""

# ruff: noqa: ANN401  (CTranslate2's specs have no types)

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec
from faster_whisper.tokenizer import (
    _LANGUAGE_CODES as CODES,  # pyright: ignore[reportPrivateUsage]
)

# GPT-2 writes each byte as a visible character: printable bytes stand for themselves.
_SHOWN = [*range(33, 127), *range(161, 173), *range(174, 256)]
_HIDDEN = [byte for byte in range(256) if byte not in _SHOWN]
LETTERS = {byte: chr(byte) for byte in _SHOWN} | {b: chr(256 + i) for i, b in enumerate(_HIDDEN)}


@dataclass(frozen=True)
class WhisperShape:
    """The sizes of a model.

    Attributes:
        width: Size of the hidden state.
        heads: Attention heads per layer.
        layers: Layers of the encoder, and of the decoder.
        bands: Mel bands.
        words: Number of tokens before the special ones.
        languages: Tags of its language tokens.
        multilingual: Whether CTranslate2 takes it for a multilingual model.
    """

    width: int = 64
    heads: int = 2
    layers: int = 1
    bands: int = 80
    words: int = 400
    languages: tuple[str, ...] = ()
    multilingual: bool = False

    @property
    def special(self) -> list[str]:
        """The special tokens, in the order of their ids; timestamps follow."""
        marks = ["endoftext", "startoftranscript", *self.languages, "translate", "transcribe"]
        marks += ["startoflm", "startofprev", "nospeech", "notimestamps"]
        return [f"<|{mark}|>" for mark in marks]


SMALL_SHAPE = WhisperShape()
TINY_EN = WhisperShape(width=384, heads=6, layers=4, words=50256, languages=CODES[:99])
"""openai/whisper-tiny.en: 4 + 4 layers of 384, 51864 tokens."""
TINY = replace(TINY_EN, words=50257, languages=CODES[:99], multilingual=True)
"""openai/whisper-tiny: the same in 99 languages."""
MULTILINGUAL = WhisperShape(words=50257, languages=CODES[:99], multilingual=True)


def make_whisper(
    folder: Path,
    seed: int = 0,
    *,
    shape: WhisperShape = SMALL_SHAPE,
    says: str | None = None,
    detects: str = "en",
    stored: Literal["int8", "float16"] = "int8",
) -> Path:
    """Write config.json, model.bin, tokenizer.json and vocabulary into `folder`.

    Args:
        folder: Folder to write to, created if necessary.
        seed: Seed of the weights.
        shape: Sizes of the model.
        says: The script; without one, the model produces letters without end.
        detects: The language that a scripted multilingual model detects.
        stored: Type of the weights in the file; those of the catalogue's models are float16.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = [] if says is None else says.split()
    tokens = make_tokenizer(folder / "tokenizer.json", shape, sorted(set(words)))
    tokens += [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    spec: Any = WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    rng = np.random.default_rng(seed)
    fill(spec, shape, len(tokens), rng, scale=0.3 if says is None else 0.02)
    if says is None:
        spec.decoder.projection.bias[256:] = -100  # only letters: no special token, no end
    else:
        script = [tokens.index(as_token(word)) for word in words]
        teach(spec, script, shape, tokens.index("<|endoftext|>"), rng)
        if shape.multilingual:
            hint(spec, tokens.index(f"<|{detects}|>"))
    # One table for both, as in the real models, which CTranslate2 stores once.
    spec.decoder.embeddings.weight = spec.decoder.projection.weight
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index(f"<|{tag}|>") for tag in shape.languages]
    spec.validate()
    spec.optimize(quantization=stored)
    spec.save(str(folder))
    return folder


def make_tiny_en(folder: Path, says: str, *, stored: Literal["int8", "float16"] = "int8") -> Path:
    """Write tiny.en with all files of the catalogue, vocabulary.txt too: see `make_whisper`.

    Returns:
        The folder.
    """
    make_whisper(folder, shape=TINY_EN, says=says, stored=stored)
    tokens: list[str] = json.loads((folder / "vocabulary.json").read_text())
    (folder / "vocabulary.txt").write_text("\n".join(tokens))
    return folder


def as_token(word: str) -> str:
    """Return a word with the space before it, in the characters of a byte-level tokenizer."""
    return "".join(LETTERS[byte] for byte in f" {word}".encode())


def make_tokenizer(path: Path, shape: WhisperShape, words: Sequence[str]) -> list[str]:
    """Write a byte-level tokenizer without merges, and return its tokens in order."""
    said = [as_token(word) for word in words]
    fillers = [f"<{i}>" for i in range(shape.words - 256 - len(said))]
    if shape.multilingual:
        fillers[-1] = ""  # by which CTranslate2 recognises a multilingual model
    plain = [*LETTERS.values(), *said, *fillers]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    special = [
        {"id": len(plain) + i, "content": token, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for i, token in enumerate(shape.special)
    ]
    content: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": special,
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(plain)}, "merges": []},
    }
    path.write_text(json.dumps(content))
    return [*plain, *shape.special]


def teach(
    spec: Any, script: Sequence[int], shape: WhisperShape, end: int, rng: np.random.Generator
) -> None:
    """Make the decoder produce the tokens of a script, then stop."""
    decoder = spec.decoder
    strong = rng.choice([-30.0, 30.0], decoder.position_encodings.encodings.shape)
    decoder.position_encodings.encodings = strong.astype(np.float32)
    decoder.projection.weight[:] *= 0.01
    decoder.projection.weight[end] = 0
    first = 3 if shape.multilingual else 1  # the last position of the prompt
    for place, token in enumerate([*script, end], first):
        decoder.projection.weight[token] += strong[place] / 30


def hint(spec: Any, language: int) -> None:
    """Make the decoder detect this language token."""
    places = spec.decoder.position_encodings.encodings
    spec.decoder.projection.weight[language] += places[0] / 30


def fill(
    spec: Any, shape: WhisperShape, vocabulary: int, rng: np.random.Generator, *, scale: float
) -> None:
    """Set random weights of matching shapes in the whole model."""
    width = shape.width

    def random(*size: int) -> np.ndarray:
        return (rng.standard_normal(size, np.float32) * np.float32(scale)).astype(np.float32)

    def linear(part: Any, out: int, into: int) -> None:
        part.weight, part.bias = random(out, into), random(out)

    def norm(part: Any) -> None:
        part.gamma = np.ones(width, np.float32)
        part.beta = np.zeros(width, np.float32)

    def feed_forward(part: Any) -> None:
        norm(part.layer_norm)
        linear(part.linear_0, 4 * width, width)
        linear(part.linear_1, width, 4 * width)

    def attention(part: Any, *rows: int) -> None:
        norm(part.layer_norm)
        for one, row in zip(part.linear, rows, strict=True):
            linear(one, row, width)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = random(width, shape.bands, 3), random(width)
    encoder.conv2.weight, encoder.conv2.bias = random(width, width, 3), random(width)
    encoder.position_encodings.encodings = random(1500, width)
    decoder.position_encodings.encodings = random(448, width)
    decoder.embeddings.weight = random(vocabulary, width)
    linear(decoder.projection, vocabulary, width)
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    for layer in encoder.layer:
        attention(layer.self_attention, 3 * width, width)
        feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.self_attention, 3 * width, width)
        attention(layer.attention, width, 2 * width, width)
        feed_forward(layer.ffn)
