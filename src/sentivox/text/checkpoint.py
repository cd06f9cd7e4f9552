"""What a transformer's folder says of itself: its labels, its longest input, its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from tokenizers import Tokenizer

from sentivox.errors import ModelError
from sentivox.text.band import STAND_IN, Band
from sentivox.types import SENTIMENTS, FloatArray

CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
WEIGHTS: Final = ("model_quantized.onnx", "model_int8.onnx", "model.onnx")
"""In the order of preference; each in the folder itself or in onnx/."""

_MEANINGS: Final = {
    "negative": "negative", "neg": "negative",
    "neutral": "neutral", "neu": "neutral",
    "positive": "positive", "pos": "positive",
}  # fmt: skip
"""Every name, in lower case, that models in use have for the sentiments."""

_POSITIONS_AFTER_PAD: Final = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})
"""Architectures whose first position is the one after the padding's number."""

_USUAL_POSITIONS: Final = 512


@dataclass(frozen=True, slots=True)
class Card:
    """How to use a checkpoint.

    Attributes:
        columns: Where negative, neutral and positive stand among the scores; neutral is None
            where the model knows two classes only.
        max_tokens: The longest input, special tokens included.
        band: Where a model of two classes is neutral.
    """

    columns: tuple[int, int | None, int]
    max_tokens: int
    band: Band

    @property
    def classes(self) -> int:
        """How many scores the model gives."""
        return sum(column is not None for column in self.columns)

    def lead(self, logits: FloatArray) -> float:
        """How far the score of positive is above that of negative."""
        negative, _, positive = self.columns
        return float(logits[positive]) - float(logits[negative])

    def read(self, logits: FloatArray) -> FloatArray:
        """Log-probabilities in the order of SENTIMENTS, shape (3,), from the model's scores."""
        negative, neutral, positive = self.columns
        if neutral is None:
            return self.band.read(self.lead(logits))
        ordered = logits.astype(np.float64)[[negative, neutral, positive]]
        top = ordered.max()
        return (ordered - top - np.log(np.exp(ordered - top).sum())).astype(np.float32)


class _Config(msgspec.Struct):
    """What we read of a Hugging Face config.json, and the band that training.text adds to it."""

    id2label: dict[str, str]
    model_type: str = ""
    max_position_embeddings: int = _USUAL_POSITIONS
    pad_token_id: int | None = None
    neutral_band: Band | None = None


def read_card(folder: Path) -> Card:
    """Read config.json.

    Raises:
        ModelError: It is missing or damaged, or its labels are not sentiments.
    """
    path = folder / CONFIG
    try:
        config = msgspec.json.decode(_read(path), type=_Config)
        names = {int(column): name for column, name in config.id2label.items()}
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelError(f"{path} cannot be used: {first_line(error)}") from error
    columns = _columns(path, names)
    return Card(
        columns=(columns["negative"], columns.get("neutral"), columns["positive"]),
        max_tokens=_max_tokens(config),
        band=config.neutral_band or STAND_IN,
    )


def open_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """Read tokenizer.json; longer texts are cut to `max_tokens`, none is padded.

    Raises:
        ModelError: It is missing or damaged.
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
    """The ONNX file, the quantised one where there are several.

    Raises:
        ModelError: There is none.
    """
    for place in (folder, folder / "onnx"):
        for name in WEIGHTS:
            if (place / name).is_file():
                return place / name
    raise ModelError(f"{folder} has none of {', '.join(WEIGHTS)}: pull the model again")


def first_line(error: Exception) -> str:
    """What native libraries say, without the pages that some add to it."""
    return str(error).partition("\n")[0]


def _columns(path: Path, names: dict[int, str]) -> dict[str, int]:
    """The column of each sentiment."""
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
    """Positions that a text may take."""
    if config.max_position_embeddings <= 0:  # positions are relative; it says nothing
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
