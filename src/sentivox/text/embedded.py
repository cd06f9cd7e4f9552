"""The text models that are part of the wheel: one small three-class model per language."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentivox.errors import ModelError
from sentivox.models.onnx import open_session
from sentivox.text.bundle import TextBundle, open_text_bundle
from sentivox.text.normalise import SPELLINGS, normalise_text
from sentivox.types import NO_EVIDENCE_PROBS, FloatArray, TextScores

SHIPPED: Final = ("en", "zh")
"""Primary tags of the languages with weights in the wheel."""

_MODELS: Final = Path(__file__).parent.parent / "models"
_MAX_CHARACTERS: Final = 4000
"""Most characters of a text that are used. Tokens beyond ``max_tokens`` are cut anyway; this bounds
the work before that."""


class EmbeddedTextModel:
    """Scores the sentiment of transcripts with a model that needs no download. Thread-safe.

    Each text is run separately: int8 activations are scaled per batch, so in a batch a text's
    score would depend on the other texts.

    Attributes:
        name: Name and version of the model.
        languages: The primary tag of its one language.
    """

    def __init__(self, bundle: TextBundle) -> None:
        card = bundle.card
        self.name = f"{card.name}-{card.version}"
        self.languages = frozenset({card.language})
        self._temperature = card.temperature
        self._marks = SPELLINGS[card.spelling]
        self._tokenizer = _open_tokenizer(bundle.tokenizer, card.max_tokens)
        self._session = open_session(bundle.model, "the text model", "reinstall Sentivox")

    @classmethod
    def load(cls, language: str = "en", folder: Path | None = None) -> "EmbeddedTextModel":
        """Load the model of a language.

        Args:
            language: BCP-47 primary tag, one of SHIPPED.
            folder: Folder of the model's files; None for the bundled ones.

        Raises:
            ModelError: No model of this language is shipped, or its files are missing, damaged, or
                made for another language or version of Sentivox.
        """
        if language not in SHIPPED:
            raise ModelError(
                f"no embedded text model for '{language}' is shipped yet; "
                f"shipped: {', '.join(SHIPPED)}; tone works in any language (modalities=audio)"
            )
        folder = folder or _MODELS / f"text-{language}"
        bundle = open_text_bundle(folder)
        if bundle.card.language != language:
            raise ModelError(
                f"{folder} holds a model for '{bundle.card.language}', not '{language}'; "
                "name the right folder"
            )
        return cls(bundle)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result per text, in order.

        A text without words gets the scores UNDECIDED.
        """
        return [TextScores(self._score(text)) for text in texts]

    def _score(self, text: str) -> FloatArray:
        words = normalise_text(text[:_MAX_CHARACTERS], marks=self._marks)
        if not words:
            return np.log(np.asarray(NO_EVIDENCE_PROBS, np.float32))
        ids = np.asarray([self._tokenizer.encode(words).ids], np.int64)
        feed: dict[str, NDArray[np.int64]] = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (logits,) = self._session.run(["logits"], feed)
        scaled = logits[0].astype(np.float32) / np.float32(self._temperature)
        top = scaled.max()
        return scaled - top - np.log(np.exp(scaled - top).sum())


def _open_tokenizer(content: bytes, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:
        raise ModelError(f"the text model's tokenizer.json is damaged: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer
