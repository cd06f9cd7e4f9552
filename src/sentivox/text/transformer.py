"""A sentiment transformer from a hub, exported to ONNX: two or three classes in, three out."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentivox.errors import ModelError
from sentivox.onnx import open_session
from sentivox.types import SENTIMENTS, UNDECIDED, FloatArray, TextScores

NEUTRAL_BAND: Final = 2.0
"""Half width, in logits, of the band that a two-class model's doubt is read as neutral."""

_WEIGHTS: Final = ("model_quantized.onnx", "model_int8.onnx", "model.onnx")
_MAX_TOKENS: Final = 128


class _Config(msgspec.Struct):
    """What we read of a Hugging Face config.json."""

    id2label: dict[str, str]


class TransformerTextModel:
    """Sentiment of transcripts by a downloaded model. Safe to share by threads.

    Each text runs by itself: with int8 activations a text's score would otherwise depend on what
    happened to be scored along with it.

    Attributes:
        name: Model, as reported to clients.
        languages: BCP-47 primary tags it understands.
    """

    def __init__(self, folder: Path, *, name: str | None = None, languages: Sequence[str]) -> None:
        """Load a model.

        Args:
            folder: With config.json, tokenizer.json and model*.onnx, the last also in onnx/.
            name: What to call it; by default the folder's name.
            languages: What it was trained on.

        Raises:
            ModelError: a file is missing or damaged, or the model's labels are not sentiments.
        """
        self.name = name or folder.name
        self.languages = frozenset(languages)
        self._columns = _read_labels(folder / "config.json")
        self._tokenizer = _open_tokenizer(folder / "tokenizer.json")
        weights = _find_weights(folder)
        self._session = open_session(weights, str(weights), "pull the model again")
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._check(folder)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result a text, in order.

        A text without any word says nothing: its classes are equally likely, but for the hair
        that makes its label neutral.
        """
        return [TextScores(self._score(text)) for text in texts]

    def _score(self, text: str) -> FloatArray:
        if not text.strip():
            return np.log(np.asarray(UNDECIDED, np.float32))
        logits = self._run(text)[0].astype(np.float64)
        negative, neutral, positive = self._columns
        if neutral is None:
            return banded(float(logits[positive] - logits[negative]))
        ordered = logits[[negative, neutral, positive]]
        top = ordered.max()
        return (ordered - top - np.log(np.exp(ordered - top).sum())).astype(np.float32)

    def _run(self, text: str) -> FloatArray:
        ids = np.asarray([self._tokenizer.encode(text).ids], np.int64)
        given: dict[str, NDArray[np.int64]] = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        feed = {name: given[name] for name in self._inputs}
        return self._session.run(None, feed)[0]

    def _check(self, folder: Path) -> None:
        """Run it once: better refused here than in the middle of a call."""
        classes = sum(column is not None for column in self._columns)
        try:
            shape = self._run("hello").shape
        except KeyError as error:
            raise ModelError(f"{folder} wants an input {error} that no text model has") from error
        except Exception as error:
            raise ModelError(f"{folder} does not run: {_first_line(error)}") from error
        if shape != (1, classes):
            raise ModelError(
                f"{folder} gives scores of shape {shape} for {classes} labels: "
                "config.json and the ONNX file are not of the same model"
            )


def banded(lead: float) -> FloatArray:
    """Three log-probabilities from a two-class model's lead = logit(positive) - logit(negative).

    An ordered logit with cut points at ± NEUTRAL_BAND (McCullagh 1980): a small lead either way
    is read as neutral, and no probability ever turns negative. The width is a convention until
    it is calibrated on labelled speech.
    """
    up, down = lead - NEUTRAL_BAND, -lead - NEUTRAL_BAND
    # sigmoid(up) and sigmoid(down) leave 1 - both for neutral, which in closed form is
    # (e^2b - 1) · sigmoid(up) · sigmoid(down): exact where the difference would round to 0.
    positive, negative = _log_sigmoid(up), _log_sigmoid(down)
    neutral = math.log(math.expm1(2 * NEUTRAL_BAND)) + positive + negative
    return np.asarray([negative, neutral, positive], np.float32)


def _log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > 0 else x - math.log1p(math.exp(x))


def _read_labels(path: Path) -> tuple[int, int | None, int]:
    """Columns of negative, neutral (None where there is none) and positive in the scores."""
    try:
        config = msgspec.json.decode(_read(path), type=_Config)
        labels = {name.lower(): int(column) for column, name in config.id2label.items()}
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelError(f"{path} has no id2label that can be read: {error}") from error
    wanted = set(SENTIMENTS) if len(labels) == 3 else {"negative", "positive"}
    if set(labels) != wanted or set(labels.values()) != set(range(len(labels))):
        raise ModelError(
            f"{path}: the labels {', '.join(config.id2label.values())} are not sentiments; "
            "a model with negative, positive and perhaps neutral is needed"
        )
    return labels["negative"], labels.get("neutral"), labels["positive"]


def _open_tokenizer(path: Path) -> Tokenizer:
    content = _read(path)
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:
        raise ModelError(f"{path} is damaged: {_first_line(error)}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS)
    return tokenizer


def _find_weights(folder: Path) -> Path:
    for place in (folder, folder / "onnx"):
        for name in _WEIGHTS:
            if (place / name).is_file():
                return place / name
    raise ModelError(f"{folder} has none of {', '.join(_WEIGHTS)}: pull the model again")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
