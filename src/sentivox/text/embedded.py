"""The text models that come in the wheel: one small model a language, three classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentivox.errors import ModelError
from sentivox.models.onnx import open_session
from sentivox.text.bundle import Bundle, open_bundle
from sentivox.text.normalise import SPELLINGS, normalise
from sentivox.types import UNDECIDED, FloatArray, TextScores

SHIPPED: Final = ("en", "zh")
"""Languages whose weights are in the wheel."""

_MODELS: Final = Path(__file__).parent.parent / "models"
_MAX_CHARACTERS: Final = 4000
"""Of a text; the tokens beyond ``max_tokens`` are cut anyway, this bounds the work before."""


class EmbeddedTextModel:
    """Sentiment of transcripts by a model that needs no download. Safe to share by threads.

    Each text runs by itself: with int8 activations, whose scale is that of the whole batch, a
    text's score would otherwise depend on what happened to be scored along with it.

    Attributes:
        name: Model and version.
        languages: The one language it understands.
    """

    def __init__(self, bundle: Bundle) -> None:
        card = bundle.card
        self.name = f"{card.name}-{card.version}"
        self.languages = frozenset({card.language})
        self._temperature = card.temperature
        self._marks = SPELLINGS[card.spelling]
        self._tokenizer = _open_tokenizer(bundle.tokenizer, card.max_tokens)
        self._session = open_session(bundle.model, "the text model", "reinstall Sentivox")

    @classmethod
    def load(cls, language: str = "en", folder: Path | None = None) -> "EmbeddedTextModel":
        """Load the weights of a language.

        Args:
            language: BCP-47 primary tag.
            folder: Where the files are; the bundled ones when None.

        Raises:
            ModelError: No such model is shipped, or its files are missing, damaged, or made for
                another version of Sentivox.
        """
        if language not in SHIPPED:
            raise ModelError(
                f"no embedded text model for '{language}' is shipped yet; "
                f"shipped: {', '.join(SHIPPED)}; tone works in any language (modalities=audio)"
            )
        bundle = open_bundle(folder or _MODELS / f"text-{language}")
        if bundle.card.language != language:
            raise ModelError(
                f"{folder} holds a model for '{bundle.card.language}', not '{language}'; "
                "name the right folder"
            )
        return cls(bundle)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result a text, in order.

        A text without any word says nothing: its classes are equally likely, but for the hair
        that makes its label neutral.
        """
        return [TextScores(self._score(text)) for text in texts]

    def _score(self, text: str) -> FloatArray:
        words = normalise(text[:_MAX_CHARACTERS], marks=self._marks)
        if not words:
            return np.log(np.asarray(UNDECIDED, np.float32))
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
