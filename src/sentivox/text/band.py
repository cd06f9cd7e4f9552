"""Three classes from a two-class model: a band of doubt between its classes is neutral."""

import math
from typing import Final

import msgspec
import numpy as np

from sentivox.types import FloatArray


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The band of neutral on the scale of lead = logit(positive) - logit(negative).

    An ordered logit model (McCullagh 1980, J. R. Stat. Soc. B 42): p(negative) falls from 1 to 0
    around `low`, p(positive) rises from 0 to 1 around `high`, and neutral is the rest. So every
    probability is at least 0, and p(positive) never falls as the lead grows.

    Attributes:
        low: Lead at which p(negative) is 0.5.
        high: Lead at which p(positive) is 0.5; above `low`.
        spread: Width of both transitions, in units of lead; above 0.
    """

    low: float
    high: float
    spread: float

    def __post_init__(self) -> None:
        """Check the order of the bounds and the sign of the spread."""
        if not (self.low < self.high and self.spread > 0):
            raise ValueError("a band needs low < high and spread > 0")

    def read(self, lead: float) -> FloatArray:
        """The log-probabilities for a lead: shape (3,), in the order of SENTIMENTS."""
        up, down = (lead - self.high) / self.spread, (self.low - lead) / self.spread
        # 1 - sigmoid(up) - sigmoid(down) equals (e^width - 1) times the product of the two, which
        # stays exact where the difference would round to 0.
        width = (self.high - self.low) / self.spread
        positive, negative = _log_sigmoid(up), _log_sigmoid(down)
        neutral = width + math.log(-math.expm1(-width)) + positive + negative
        return np.asarray([negative, neutral, positive], np.float32)


DEFAULT_BAND: Final = Band(low=-1.629, high=1.874, spread=1.351)
"""Band for models that have none. It was fitted to another model: to the lead of the embedded
English model, without its neutral class, on 3300 sentences of MELD dev, TweetEval val and
GoEmotions dev. `python -m training.text.band --model DIR` fits a band to a given model."""


def _log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > 0 else x - math.log1p(math.exp(x))
