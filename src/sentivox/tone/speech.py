"""Whether what voice activity detection took for an utterance sounds like speech at all.

It hears 32 ms at a time and is sure of a sneeze; this hears the whole of it, in the features that
the tone is heard in. The answer weighs where a recogniser made words of it: `sentivox.asr.guard`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from sentivox.models.embedded import SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.models.onnx import open_session
from sentivox.tone.bundle import require_features
from sentivox.tone.features import FeatureSettings, features
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, Spoken

BUNDLED: Final = Path(__file__).parent.parent / "models" / "speech"
"""Folder of the weights that come in the wheel."""

LONGEST: Final = 8 * SAMPLE_RATE
"""Samples that are heard: the first 8 s of an utterance tell."""


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sidecar.

    Attributes:
        name: Of the model, without its version.
        version: Of the weights.
        features: What the weights were trained on; must be what this Sentivox computes.
        sha256: Of the weights.
    """

    name: str
    version: str
    features: FeatureSettings
    sha256: str


class SpeechModel:
    """Tells speech from other sounds. One session serves all streams and threads.

    Attributes:
        name: Model and version.
    """

    def __init__(self, name: str, weights: bytes) -> None:
        self.name = name
        self._session = open_session(weights, "the speech model", "reinstall Sentivox")

    @classmethod
    def load(cls, path: Path | None = None) -> "SpeechModel":
        """Load a model.

        Args:
            path: Folder of ``model.onnx`` and ``model.json``; the bundled one when None.

        Raises:
            ModelError: Its files are missing, damaged, or made for another version of Sentivox.
        """
        folder = path or BUNDLED
        card = read_card(folder / SIDECAR, Card)
        require_features(folder / SIDECAR, card.features)
        weights = read_verified(folder / WEIGHTS, card.sha256)
        return cls(f"{card.name}-{card.version}", weights)

    def classify(self, utterances: Sequence[Int16Array]) -> list[Spoken]:
        """Judge each utterance by itself; one result an utterance, in order.

        Args:
            utterances: Mono int16 at 16 kHz, each with the margins that a stream leaves round it:
                it is told by them, too.
        """
        return [self._judge(audio) for audio in utterances]

    def _judge(self, audio: Int16Array) -> Spoken:
        (probability,) = self._session.run(["probability"], {"features": heard(audio)[None]})
        return Spoken(float(probability[0]))


def heard(audio: Int16Array) -> FloatArray:
    """The features of what is heard of an utterance, shape (frames, DIMS)."""
    return features(audio[:LONGEST])
