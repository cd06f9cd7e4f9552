"""Sentiment transformers from a model hub, exported to ONNX, with two or three classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentivox.errors import ModelError
from sentivox.models.onnx import open_session
from sentivox.text.checkpoint import find_weights, first_line, open_tokenizer, read_checkpoint_card
from sentivox.types import NO_EVIDENCE_PROBS, FloatArray, TextScores


class TransformerTextModel:
    """Scores the sentiment of transcripts with a downloaded model. Thread-safe.

    For DistilBERT, BERT, RoBERTa and similar models. For a model with two classes, a band of doubt
    between them is neutral; see `Band`.

    Each text is run separately: int8 activations are scaled per batch, so in a batch a text's score
    would depend on the other texts.

    Attributes:
        name: Name of the model, as reported to clients.
        languages: BCP-47 primary tags of the languages it supports.
        max_tokens: The model's maximum number of tokens; longer texts are cut.
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
            folder: Folder with config.json, tokenizer.json and model*.onnx, which may be in onnx/.
            name: Name of the model; by default the folder's name.
            languages: BCP-47 primary tags of the languages it was trained on.
            weights: Path of the ONNX file within the folder; by default the quantised one, if any.

        Raises:
            ModelError: A file is missing or damaged, or the model's labels are not sentiments.
        """
        self.name = name or folder.name
        self.languages = frozenset(languages)
        self._card = read_checkpoint_card(folder)
        self.max_tokens = self._card.max_tokens
        self._tokenizer = open_tokenizer(folder, self.max_tokens)
        path = folder / weights if weights else find_weights(folder)
        self._session = open_session(path, str(path), "pull the model again")
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._check(folder)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text; one result per text, in order.

        A blank text gets the scores UNDECIDED.
        """
        return [TextScores(self._score(text)) for text in texts]

    def lead(self, text: str) -> float:
        """logit(positive) - logit(negative) of a text, the scale on which a band is fitted."""
        return self._card.lead(self._run(text)[0])

    def _score(self, text: str) -> FloatArray:
        if not text.strip():
            return np.log(np.asarray(NO_EVIDENCE_PROBS, np.float32))
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
        """Run the model once, so that a wrong one is refused here and not during a call."""
        try:
            shape = self._run("hello").shape
        except KeyError as error:
            raise ModelError(f"{folder} needs an input {error} that no text model has") from error
        except Exception as error:
            raise ModelError(f"{folder} does not run: {first_line(error)}") from error
        if shape != (1, self._card.classes):
            raise ModelError(
                f"{folder} gives scores of shape {shape} for {self._card.classes} labels: "
                "config.json and the ONNX file are not of the same model"
            )
