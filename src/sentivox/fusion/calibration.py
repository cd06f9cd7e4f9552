"""What a fitted fusion knows: temperatures, weights, biases. Plain numbers, saved as JSON."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from sentivox.errors import ModelError
from sentivox.system.atomic import write_whole

Rule = Literal["loglinear", "linear", "logistic"]
Triple = tuple[float, float, float]
"""One number a class, in the order of SENTIMENTS."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How two opinions become one.

    Attributes:
        rule: "loglinear" multiplies weighted probabilities (product of experts); "linear"
            averages them (the blueprint's `alpha * P_text + (1 - alpha) * P_audio`); "logistic"
            weighs each class of each modality by itself.
        text_temperature: Divides the text model's log-probabilities; 1 leaves them.
        tone_temperature: The same for the acoustic model.
        text_bias: Added to the text model's log-probabilities after that, one a class.
        tone_bias: The same for the acoustic model.
        text_weight: Base weight of the words, before quality; only the ratio matters.
        tone_weight: Base weight of the voice.
        adaptive: Let ASR confidence, word count, speech length and (but for "logistic", whose
            weights know it) entropy move the weights.
        sharpness: Of "loglinear" and "linear", applied as far as both speak: a weighted mean of
            two calibrated opinions is under-confident, because it forgets that they are
            independent evidence. The default is derived by `training/fusion`.
        text_slopes: Of "logistic", applied as far as both speak: the weight of each class's
            log-probability by the text model. All 1, for both modalities, is the product of two
            independent experts.
        tone_slopes: The same for the acoustic model.
        bias: Added as far as both speak, one a class.
        emotion_temperature: Of the emotion that some recognisers name, a label without
            probabilities: its sentiment is taken to be e^(1/T) times as likely as each other one.
        emotion_weight: How far that third opinion is heard beside the others; 0 never hears it.
            It comes from the same voice as the tone, so 1, independent evidence, is too much.
        models: Names of the models whose opinions it was fitted to, by their part; empty for
            any.
    """

    rule: Rule = "loglinear"
    text_temperature: float = 1.0
    tone_temperature: float = 1.0
    text_bias: Triple = (0.0, 0.0, 0.0)
    tone_bias: Triple = (0.0, 0.0, 0.0)
    text_weight: float = 0.5
    tone_weight: float = 0.5
    adaptive: bool = True
    sharpness: float = 1.7
    text_slopes: Triple = (1.0, 1.0, 1.0)
    tone_slopes: Triple = (1.0, 1.0, 1.0)
    bias: Triple = (0.0, 0.0, 0.0)
    emotion_temperature: float = 1.0
    emotion_weight: float = 0.3
    models: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse numbers that would make nonsense of every score."""
        positive = (
            self.text_temperature, self.tone_temperature, self.emotion_temperature, self.sharpness,
        )  # fmt: skip
        weights = (self.text_weight, self.tone_weight)
        slopes = (*self.text_slopes, *self.tone_slopes)
        biases = (*self.text_bias, *self.tone_bias, *self.bias)
        if not all(
            map(math.isfinite, (*positive, *weights, *slopes, *biases, self.emotion_weight))
        ):
            raise ValueError("calibration: every number must be finite")
        if min(positive) <= 0:
            raise ValueError("calibration: temperatures and sharpness must be above 0")
        if self.emotion_weight < 0:
            raise ValueError("calibration: emotion_weight must not be negative")
        if min(weights) < 0 or sum(weights) <= 0:
            raise ValueError("calibration: weights must not be negative, and not both 0")
        if min(slopes) < 0 or sum(slopes) <= 0:
            raise ValueError("calibration: slopes must not be negative, and not all 0")

    @classmethod
    def linear(cls, alpha: float = 0.7) -> "Calibration":
        """The blueprint's rule: fixed weights, alpha for the words."""
        return cls(
            rule="linear", text_weight=alpha, tone_weight=1 - alpha, adaptive=False, sharpness=1.0
        )

    def mismatch(self, models: Mapping[str, str]) -> str | None:
        """One line that says which of the models in use are not those it was fitted to."""
        others = [
            f"{part} {models[part]}, not {name}"
            for part, name in self.models.items()
            if part in models and models[part] != name
        ]
        if not others:
            return None
        return (
            f"the calibration was fitted to other models ({'; '.join(others)}):"
            " run sentivox calibrate again"
        )

    @classmethod
    def load(cls, path: str | Path) -> "Calibration":
        """Read a calibration file.

        Raises:
            ModelError: It is missing, not JSON, or holds impossible numbers.
        """
        try:
            return msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except OSError as error:
            msg = f"cannot read the calibration file {path}: {error.strerror}"
            raise ModelError(msg) from error
        except msgspec.MsgspecError as error:
            msg = f"{path} is not a calibration file: {error}"
            raise ModelError(msg) from error

    def save(self, path: str | Path) -> None:
        """Write the calibration as JSON, whole or not at all.

        Raises:
            ModelError: It cannot be written there.
        """
        try:
            write_whole(
                Path(path), msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
            )
        except OSError as error:
            msg = f"cannot write the calibration to {path}: {error.strerror}; choose another -o"
            raise ModelError(msg) from error
