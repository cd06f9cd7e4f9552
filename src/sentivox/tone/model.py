"""The acoustic model: windows of features in, calibrated sentiment and emotions out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.models.onnx import open_session
from sentivox.tone.bundle import Bundle, open_bundle
from sentivox.tone.mfcc import CEPSTRA
from sentivox.tone.sentiment import sentiment_log_probs
from sentivox.types import EMOTIONS, UNDECIDED, FloatArray, ToneScores

BUNDLED: Final = Path(__file__).parent.parent / "models" / "tone"
"""Folder of the weights that come in the wheel."""

_INAUDIBLE: Final = 5.5
"""Mean log mel energy of noise of one int16 step, -90 dB of full scale: nobody spoke."""


class ToneModel:
    """Scores windows of features. One session serves all streams and threads.

    Each window runs by itself. Windows differ in length, and a batch would need padding that
    every layer masks; on one thread it would save microseconds of a millisecond. So a window's
    scores cannot depend on what happened to be scored along with it.

    The network divides by the window's own power, so gain does not matter; a constant offset is
    already gone from the features.

    Attributes:
        name: Model and version.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.name = f"{bundle.card.name}-{bundle.card.version}"
        self._calibration = bundle.card.calibration
        self._session = open_session(bundle.model, "the tone model", "reinstall Sentivox")

    @classmethod
    def load(cls, path: Path | None = None) -> "ToneModel":
        """Load a model.

        Args:
            path: Folder of ``model.onnx`` and ``model.json``; the bundled one when None.

        Raises:
            ModelError: Its files are missing, damaged, or made for another version of Sentivox.
        """
        return cls(open_bundle(path or BUNDLED))

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """Score each window; one result a window, in order.

        A window in which nothing is heard says nothing: its classes are equally likely, but for
        the hair that makes its label neutral.

        Args:
            windows: Each of shape (frames, DIMS), at least one frame, as FeatureStream gives them.
        """
        return [self._score(window) for window in windows]

    def _score(self, window: FloatArray) -> ToneScores:
        if window[:, 0].max() / np.sqrt(CEPSTRA) < _INAUDIBLE:  # C0 is sqrt(CEPSTRA) × the mean log
            emotions = np.full(len(EMOTIONS), 1 / len(EMOTIONS), np.float32)
            return ToneScores(np.log(np.asarray(UNDECIDED, np.float32)), emotions)
        (logits,) = self._session.run(["logits"], {"features": window[None]})
        emotions = _softmax(logits)
        return ToneScores(sentiment_log_probs(emotions, self._calibration)[0], emotions[0])


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
