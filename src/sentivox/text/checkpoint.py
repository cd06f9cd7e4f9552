"""The files of a transformer checkpoint: config.json, tokenizer.json and the ONNX weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from tokenizers import Tokenizer

from sentivox.errors import ModelError
from sentivox.text.band import DEFAULT_BAND, Band
from sentivox.types import SENTIMENTS, FloatArray

CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
WEIGHT_FILES: Final = ("model_quantized.onnx", "model_int8.onnx", "model.onnx")
"""Names of the weights file in order of preference; each in the folder itself or in onnx/."""

_MEANINGS: Final = {
    "negative": "negative", "neg": "negative",
    "neutral": "neutral", "neu": "neutral",
    "positive": "positive", "pos": "positive",
}  # fmt: skip
"""Sentiment by label name, in lower case, for the names that common models use."""

_POSITIONS_AFTER_PAD: Final = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})
"""Architectures that number positions from the padding id plus 1."""

_USUAL_POSITIONS: Final = 512  # maximum input length, in tokens, assumed where none is stated


@dataclass(frozen=True, slots=True)
class CheckpointCard:
    """How to use a checkpoint, from its config.json.

    Attributes:
        columns: Columns of negative, neutral and positive in the logits; neutral is None if the
            model has two classes only.
        max_tokens: Maximum number of tokens of an input, including special ones.
        band: Band of neutral for a model with two classes.
    """

    columns: tuple[int, int | None, int]
    max_tokens: int
    band: Band

    @property
    def classes(self) -> int:
        """Number of classes of the model, 2 or 3."""
        return sum(column is not None for column in self.columns)

    def lead(self, logits: FloatArray) -> float:
        """logit(positive) - logit(negative), from logits of shape (classes,)."""
        negative, _, positive = self.columns
        return float(logits[positive]) - float(logits[negative])

    def read(self, logits: FloatArray) -> FloatArray:
        """Log-probabilities, shape (3,), in the order of SENTIMENTS, from logits (classes,)."""
        negative, neutral, positive = self.columns
        if neutral is None:
            return self.band.read(self.lead(logits))
        ordered = logits.astype(np.float64)[[negative, neutral, positive]]
        top = ordered.max()
        return (ordered - top - np.log(np.exp(ordered - top).sum())).astype(np.float32)


class _Config(msgspec.Struct):
    """The fields used of a Hugging Face config.json, and the band that training.text adds."""

    id2label: dict[str, str]
    model_type: str = ""
    max_position_embeddings: int = _USUAL_POSITIONS
    pad_token_id: int | None = None
    neutral_band: Band | None = None


def read_checkpoint_card(folder: Path) -> CheckpointCard:
    """Read the config.json of a checkpoint folder.

    Raises:
        ModelError: The file is missing or damaged, or its labels are not sentiments.
    """
    path = folder / CONFIG
    try:
        config = msgspec.json.decode(_read(path), type=_Config)
        names = {int(column): name for column, name in config.id2label.items()}
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelError(f"{path} cannot be used: {first_line(error)}") from error
    columns = _columns(path, names)
    return CheckpointCard(
        columns=(columns["negative"], columns.get("neutral"), columns["positive"]),
        max_tokens=_max_tokens(config),
        band=config.neutral_band or DEFAULT_BAND,
    )


def open_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """Load the tokenizer.json of a checkpoint folder, set to cut texts to `max_tokens` unpadded.

    Raises:
        ModelError: The file is missing or damaged.
    """
    path = folder / TOKENIZER
    content = _read(path)
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:
        raise ModelError(f"{path} is damaged: {first_line(error)}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def find_weights(folder: Path) -> Path:
    """The path of the ONNX file in a checkpoint folder; a quantised one if there are several.

    Raises:
        ModelError: There is none.
    """
    for place in (folder, folder / "onnx"):
        for name in WEIGHT_FILES:
            if (place / name).is_file():
                return place / name
    raise ModelError(f"{folder} has none of {', '.join(WEIGHT_FILES)}: pull the model again")


def first_line(error: Exception) -> str:
    """The first line of an error message; native libraries may add pages to it."""
    return str(error).partition("\n")[0]


def _columns(path: Path, names: dict[int, str]) -> dict[str, int]:
    """The column of each sentiment in the logits, from label names by column.

    Raises:
        ModelError: The labels are not sentiments.
    """
    columns = {_MEANINGS.get(name.lower(), name): column for column, name in names.items()}
    wanted = set(SENTIMENTS) if len(names) == 3 else {"negative", "positive"}
    if set(columns) == wanted and sorted(names) == list(range(len(wanted))):
        return columns
    if all(name.lower().startswith("label_") for name in names.values()):
        remedy = "they are not named; look up what they mean and write it into id2label"
    else:
        remedy = "a model with negative, positive and perhaps neutral is needed"
    raise ModelError(f"{path}: the labels {', '.join(names.values())} are not sentiments: {remedy}")


def _max_tokens(config: _Config) -> int:
    """Maximum number of tokens of an input."""
    if config.max_position_embeddings <= 0:  # positions are relative, so no limit is stated
        return _USUAL_POSITIONS
    if config.model_type in _POSITIONS_AFTER_PAD:
        pad = 1 if config.pad_token_id is None else config.pad_token_id
        return config.max_position_embeddings - pad - 1
    return config.max_position_embeddings


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
