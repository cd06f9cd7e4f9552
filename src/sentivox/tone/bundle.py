"""The files of a tone model, read and verified before the model is loaded.

A folder holds ``model.onnx`` and ``model.json``, a sidecar that describes the features the model
takes and how to interpret its output.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from sentivox.errors import ModelError
from sentivox.models.embedded import REINSTALL_HINT, SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.tone.features import FEATURES, FeatureSettings
from sentivox.tone.sentiment import ToneCalibration
from sentivox.types import EMOTIONS


class ToneCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the sidecar of a tone model.

    Attributes:
        name: Name of the model, without its version.
        version: Version of the weights.
        emotions: Order of the logits; must be that of EMOTIONS.
        features: Features that the weights were trained on; must equal those computed here.
        calibration: Conversion of emotions to sentiment, fitted on speakers held out of training.
        sha256: SHA-256 of the weights file, in hexadecimal.
    """

    name: str
    version: str
    emotions: tuple[str, ...]
    features: FeatureSettings
    calibration: ToneCalibration
    sha256: str


@dataclass(frozen=True, slots=True)
class ToneBundle:
    """A verified tone model: its card, and the content of its ONNX file."""

    card: ToneCard
    model: bytes


def open_tone_bundle(folder: Path) -> ToneBundle:
    """Read and verify the folder of a tone model.

    Raises:
        ModelError: A file is missing or is not the one the sidecar describes, or the sidecar
            is not for this version of Sentivox.
    """
    card = _read_card(folder / SIDECAR)
    return ToneBundle(card, read_verified(folder / WEIGHTS, card.sha256))


def _read_card(path: Path) -> ToneCard:
    card = read_card(path, ToneCard)
    if card.emotions != EMOTIONS or card.calibration.temperature <= 0:
        raise ModelError(
            f"{path} describes a model that Sentivox cannot read: it needs the emotions "
            f"{', '.join(EMOTIONS)} and a temperature above 0"
        )
    require_features(path, card.features)
    return card


def require_features(path: Path, theirs: FeatureSettings) -> None:
    """Check that the features in a sidecar are those computed by this version of Sentivox.

    Args:
        path: The sidecar, for the error message.
        theirs: The features in it.

    Raises:
        ModelError: They differ.
    """
    if theirs == FEATURES:
        return
    ours, other = FEATURES.as_dict(), theirs.as_dict()
    changed = ", ".join(f"{k} {other[k]}, not {ours[k]}" for k in ours if ours[k] != other[k])
    raise ModelError(
        f"{path} was trained on other features ({changed}); retrain the model or {REINSTALL_HINT}"
    )
