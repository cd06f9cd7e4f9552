"""What a fitted fusion knows: temperatures, weights, bias. Plain numbers, saved as JSON."""

from pathlib import Path
from typing import Literal

import msgspec

from sentivox.errors import ModelError

Rule = Literal["loglinear", "linear"]


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How two opinions become one.

    Attributes:
        rule: "loglinear" multiplies weighted probabilities (product of experts); "linear"
            averages them (the blueprint's `alpha * P_text + (1 - alpha) * P_audio`).
        text_temperature: Divides the text model's log-probabilities; 1 leaves them.
        tone_temperature: The same for the acoustic model.
        text_weight: Base weight of the words, before quality; only the ratio matters.
        tone_weight: Base weight of the voice.
        adaptive: Let ASR confidence, word count, speech length and entropy move the weights.
        sharpness: Applied as far as both speak: a weighted mean of two calibrated opinions is
            under-confident, because it forgets that they are independent evidence. The default
            is the best of five on real posteriors (benchmarks/fusion.py).
        bias: Added to the log-probabilities, in the order of SENTIMENTS.
    """

    rule: Rule = "loglinear"
    text_temperature: float = 1.0
    tone_temperature: float = 1.0
    text_weight: float = 0.5
    tone_weight: float = 0.5
    adaptive: bool = True
    sharpness: float = 1.6
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse numbers that would make nonsense of every score."""
        positive = (self.text_temperature, self.tone_temperature, self.sharpness)
        if min(positive) <= 0:
            msg = "calibration: temperatures and sharpness must be above 0"
            raise ValueError(msg)
        if min(self.text_weight, self.tone_weight) < 0 or self.text_weight + self.tone_weight <= 0:
            msg = "calibration: weights must not be negative, and not both 0"
            raise ValueError(msg)

    @classmethod
    def linear(cls, alpha: float = 0.7) -> "Calibration":
        """The blueprint's rule: fixed weights, alpha for the words."""
        return cls(
            rule="linear", text_weight=alpha, tone_weight=1 - alpha, adaptive=False, sharpness=1.0
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
        """Write the calibration as JSON."""
        Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
