"""The tone model: scores windows of acoustic features for sentiment and emotions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.models.onnx import open_session
from sentivox.tone.bundle import ToneBundle, open_tone_bundle
from sentivox.tone.mfcc import CEPSTRA
from sentivox.tone.sentiment import sentiment_log_probs
from sentivox.types import EMOTIONS, NO_EVIDENCE_PROBS, FloatArray, ToneScores

BUNDLED_TONE: Final = Path(__file__).parent.parent / "models" / "tone"
"""Folder of the weights that are part of the wheel."""

_INAUDIBLE: Final = 5.5
"""Mean log mel energy of noise of one int16 step (-90 dB of full scale), below which nobody
spoke."""


class ToneModel:
    """Scores windows of features. One instance serves all streams and threads.

    Each window is run separately. Windows differ in length, so a batch would need padding that
    every layer masks, and on one thread it would save microseconds per millisecond. Separate runs
    also ensure that a window's scores do not depend on the other windows of a call.

    The network divides by the window's power, so gain does not matter. A constant offset is
    already removed from the features.

    Attributes:
        name: Name and version of the model.
    """

    def __init__(self, bundle: ToneBundle) -> None:
        self.name = f"{bundle.card.name}-{bundle.card.version}"
        self._calibration = bundle.card.calibration
        self._session = open_session(bundle.model, "the tone model", "reinstall Sentivox")

    @classmethod
    def load(cls, path: Path | None = None) -> "ToneModel":
        """Load a model.

        Args:
            path: Folder with ``model.onnx`` and ``model.json``; None for the bundled model.

        Raises:
            ModelError: The files are missing, damaged, or made for another version of Sentivox.
        """
        return cls(open_tone_bundle(path or BUNDLED_TONE))

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """Score each window; one result per window, in order.

        An inaudible window gets the sentiment UNDECIDED and equal probabilities of all emotions.

        Args:
            windows: Features of shape (frames, DIMS), at least one frame each, as FeatureStream
                gives them.
        """
        return [self._score(window) for window in windows]

    def _score(self, window: FloatArray) -> ToneScores:
        # C0 is sqrt(CEPSTRA) times the mean log energy.
        if window[:, 0].max() / np.sqrt(CEPSTRA) < _INAUDIBLE:
            emotions = np.full(len(EMOTIONS), 1 / len(EMOTIONS), np.float32)
            return ToneScores(np.log(np.asarray(NO_EVIDENCE_PROBS, np.float32)), emotions)
        (logits,) = self._session.run(["logits"], {"features": window[None]})
        emotions = _softmax(logits)
        return ToneScores(sentiment_log_probs(emotions, self._calibration)[0], emotions[0])


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
