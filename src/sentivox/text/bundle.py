"""The files of an embedded text model, read and verified before the model is loaded.

A folder holds ``model.onnx``, ``tokenizer.json`` and ``model.json``, a sidecar that describes the
other two and how to interpret the model's output.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sentivox.errors import ModelError
from sentivox.models.embedded import REINSTALL_HINT, SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.text.normalise import SPELLINGS
from sentivox.types import SENTIMENTS

TOKENIZER: Final = "tokenizer.json"


class TextCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the sidecar of an embedded text model.

    Attributes:
        name: Name of the model, without its version.
        version: Version of the weights.
        language: BCP-47 primary tag of its language.
        labels: Order of the logits; must be that of SENTIMENTS.
        spelling: Version of the normalisation that the weights were trained with; see SPELLINGS.
        max_tokens: Maximum number of tokens, including special ones; longer texts are cut.
        temperature: Divides the logits; fitted on development data.
        sha256: SHA-256 of each other file in hexadecimal, by file name.
    """

    name: str
    version: str
    language: str
    labels: tuple[str, ...]
    spelling: int
    max_tokens: int
    temperature: float
    sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class TextBundle:
    """A verified text model: its card, and the content of its ONNX file and tokenizer.json."""

    card: TextCard
    model: bytes
    tokenizer: bytes


def open_text_bundle(folder: Path) -> TextBundle:
    """Read and verify the folder of an embedded text model.

    Raises:
        ModelError: A file is missing or is not the one the sidecar describes, or the sidecar
            is not for this version of Sentivox.
    """
    card = _read_card(folder)
    return TextBundle(
        card=card,
        model=read_verified(folder / WEIGHTS, card.sha256.get(WEIGHTS)),
        tokenizer=read_verified(folder / TOKENIZER, card.sha256.get(TOKENIZER)),
    )


def _read_card(folder: Path) -> TextCard:
    path = folder / SIDECAR
    card = read_card(path, TextCard)
    if card.labels != SENTIMENTS or card.temperature <= 0 or card.max_tokens < 3:
        raise ModelError(
            f"{path} describes a model that Sentivox cannot read: it needs the labels "
            f"{', '.join(SENTIMENTS)}, a temperature above 0 and at least 3 tokens"
        )
    if card.spelling not in SPELLINGS:
        raise ModelError(
            f"{path} needs text spelling {card.spelling}, and this version of Sentivox supports "
            f"{' and '.join(map(str, SPELLINGS))}; retrain the model or {REINSTALL_HINT}"
        )
    return card
