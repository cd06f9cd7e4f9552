"""What a two-class model's doubt means: a band between its classes that is read as neutral."""

import math
from typing import Final

import msgspec
import numpy as np

from sentivox.types import FloatArray


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where neutral lies on the scale of lead = logit(positive) - logit(negative).

    An ordered logit (McCullagh 1980, J. R. Stat. Soc. B 42): p(negative) falls from 1 to 0
    around `low`, p(positive) rises from 0 to 1 around `high`, and neutral is what is left. So no
    probability ever turns negative, and a greater lead is never less positive.

    Attributes:
        low: Lead at which negative is as likely as not.
        high: The same for positive; above `low`.
        spread: How slowly both change, in units of lead; above 0.
    """

    low: float
    high: float
    spread: float

    def __post_init__(self) -> None:
        """Refuse what is no band."""
        if not (self.low < self.high and self.spread > 0):
            raise ValueError("a band needs low < high and spread > 0")

    def read(self, lead: float) -> FloatArray:
        """Log-probabilities in the order of SENTIMENTS, shape (3,)."""
        up, down = (lead - self.high) / self.spread, (self.low - lead) / self.spread
        # What sigmoid(up) and sigmoid(down) leave of 1 is, in closed form, (e^width - 1) times
        # their product: exact where the difference would round to 0.
        width = (self.high - self.low) / self.spread
        positive, negative = _log_sigmoid(up), _log_sigmoid(down)
        neutral = width + math.log(-math.expm1(-width)) + positive + negative
        return np.asarray([negative, neutral, positive], np.float32)


STAND_IN: Final = Band(low=-1.629, high=1.874, spread=1.351)
"""For models that bring no band of their own. Fitted not to any of them but to a stand-in: the
lead of our embedded English model, with its neutral ruled out, on 3300 sentences of MELD dev,
TweetEval val and GoEmotions dev. `python -m training.text.band --model DIR` fits a model's own."""


def _log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > 0 else x - math.log1p(math.exp(x))
