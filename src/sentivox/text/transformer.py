"""A sentiment transformer from a hub, exported to ONNX: two or three classes in, three out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentivox.errors import ModelError
from sentivox.models.onnx import open_session
from sentivox.text.checkpoint import find_weights, first_line, open_tokenizer, read_card
from sentivox.types import UNDECIDED, FloatArray, TextScores


class TransformerTextModel:
    """Sentiment of transcripts by a downloaded model. Safe to share by threads.

    DistilBERT, BERT, RoBERTa and their like. A model of three classes speaks for itself; where
    one of two is in doubt, its band says how far that means neutral.

    Each text runs by itself: with int8 activations a text's score would otherwise depend on what
    happened to be scored along with it.

    Attributes:
        name: Model, as reported to clients.
        languages: BCP-47 primary tags it understands.
        max_tokens: Longer texts are cut to this many tokens: the model's own limit.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        languages: Sequence[str],
        weights: str | None = None,
    ) -> None:
        """Load a model.

        Args:
            folder: With config.json, tokenizer.json and model*.onnx, the last also in onnx/.
            name: What to call it; by default the folder's name.
            languages: What it was trained on.
            weights: Which ONNX file in the folder; by default the quantised one, if there is one.

        Raises:
            ModelError: a file is missing or damaged, or the model's labels are not sentiments.
        """
        self.name = name or folder.name
        self.languages = frozenset(languages)
        self._card = read_card(folder)
        self.max_tokens = self._card.max_tokens
        self._tokenizer = open_tokenizer(folder, self.max_tokens)
        path = folder / weights if weights else find_weights(folder)
        self._session = open_session(path, str(path), "pull the model again")
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._check(folder)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result a text, in order.

        A text without any word says nothing: its classes are equally likely, but for the hair
        that makes its label neutral.
        """
        return [TextScores(self._score(text)) for text in texts]

    def lead(self, text: str) -> float:
        """How far the score of positive is above that of negative: what a band is fitted to."""
        return self._card.lead(self._run(text)[0])

    def _score(self, text: str) -> FloatArray:
        if not text.strip():
            return np.log(np.asarray(UNDECIDED, np.float32))
        return self._card.read(self._run(text)[0])

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
        try:
            shape = self._run("hello").shape
        except KeyError as error:
            raise ModelError(f"{folder} wants an input {error} that no text model has") from error
        except Exception as error:
            raise ModelError(f"{folder} does not run: {first_line(error)}") from error
        if shape != (1, self._card.classes):
            raise ModelError(
                f"{folder} gives scores of shape {shape} for {self._card.classes} labels: "
                "config.json and the ONNX file are not of the same model"
            )
