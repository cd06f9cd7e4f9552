"""The speech classifier: whether an utterance found by voice activity detection is speech at all.

Voice activity detection looks at 32 ms at a time and may take a sneeze for speech. This model
looks at the whole utterance, through the features of the tone model. Its result is used to accept
or refuse the words of a recogniser; see `sentivox.asr.guard`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from sentivox.models.embedded import SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.models.onnx import open_session
from sentivox.tone.bundle import require_features
from sentivox.tone.features import FeatureSettings, features
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, SpeechScore

BUNDLED_SPEECH: Final = Path(__file__).parent.parent / "models" / "speech"
"""Folder of the weights that are part of the wheel."""

MAX_SPEECH_SAMPLES: Final = 8 * SAMPLE_RATE
"""Most samples used: the first 8 s of an utterance are enough."""


class SpeechCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the sidecar of a speech classifier.

    Attributes:
        name: Name of the model, without its version.
        version: Version of the weights.
        features: Features that the weights were trained on; must equal those computed here.
        sha256: SHA-256 of the weights file, in hexadecimal.
    """

    name: str
    version: str
    features: FeatureSettings
    sha256: str


class SpeechModel:
    """Tells speech from other sounds. One instance serves all streams and threads.

    Attributes:
        name: Name and version of the model.
    """

    def __init__(self, name: str, weights: bytes) -> None:
        self.name = name
        self._session = open_session(weights, "the speech model", "reinstall Sentivox")

    @classmethod
    def load(cls, path: Path | None = None) -> "SpeechModel":
        """Load a model.

        Args:
            path: Folder with ``model.onnx`` and ``model.json``; None for the bundled model.

        Raises:
            ModelError: The files are missing, damaged, or made for another version of Sentivox.
        """
        folder = path or BUNDLED_SPEECH
        card = read_card(folder / SIDECAR, SpeechCard)
        require_features(folder / SIDECAR, card.features)
        weights = read_verified(folder / WEIGHTS, card.sha256)
        return cls(f"{card.name}-{card.version}", weights)

    def classify(self, utterances: Sequence[Int16Array]) -> list[SpeechScore]:
        """Score each utterance separately; one result per utterance, in order.

        Args:
            utterances: Shape (n,) each, mono int16 at 16 kHz, including the pre-roll and post-pad
                that a stream adds: the model was trained with them.
        """
        return [self._judge(audio) for audio in utterances]

    def _judge(self, audio: Int16Array) -> SpeechScore:
        (probability,) = self._session.run(
            ["probability"], {"features": speech_features(audio)[None]}
        )
        return SpeechScore(float(probability[0]))


def speech_features(audio: Int16Array) -> FloatArray:
    """The model's input for an utterance, shape (n,), int16: features of shape (frames, DIMS)."""
    return features(audio[:MAX_SPEECH_SAMPLES])
