"""A speaker's usual voice, and what is said apart from it.

Microphones, rooms and throats push the tone model one way for as long as somebody speaks: one
voice always sounds a little angry, another never glad. So it is heard against itself: what the
model said of a channel's utterances so far, on average, is taken off what it says of the next.
Of speech it was not trained on it then knows far more (docs/accuracy.md). What that costs: who
is angry all along comes to sound usual. Two things bound it: the first utterances hardly count,
and no sentiment is moved by more than `MAX_SHIFT`.

Normalising by speaker is long known to help where emotions are heard in voices (Busso et al.
2013, "Iterative feature normalization scheme for automatic emotion detection from speech", IEEE
Trans. Affective Computing 4(4)); here it is done with what was said before alone. The figures
below were chosen on corpora that the network had not heard (training/tone/report.py).
"""

from typing import Final

import numpy as np

from sentivox.tone.sentiment import normalised
from sentivox.types import SENTIMENTS, FloatArray

REMOVED_SHARE: Final = 0.75
"""Of the mean so much is taken off in the end: who is in one mood all along keeps some of it."""

PRIOR: Final = 8.0
"""After so many utterances it is half of that."""

MAX_SHIFT: Final = 2.0
"""Nats by which a sentiment's log-probability may be moved."""


class Baseline:
    """The mean opinion of one channel's utterances so far, and how to hear the next against it."""

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        """Nothing heard yet: nothing is moved."""
        self._sum = np.zeros(len(SENTIMENTS), np.float64)
        self._count = 0

    def add(self, log_probs: FloatArray) -> None:
        """Take an utterance, as the model alone hears it: log-probabilities, shape (3,)."""
        self._sum += log_probs - log_probs.mean()
        self._count += 1

    @property
    def shift(self) -> FloatArray:
        """What is to be added to the next utterance's log-probabilities, shape (3,)."""
        usual = REMOVED_SHARE * self._sum / (self._count + PRIOR)
        return np.clip(-usual, -MAX_SHIFT, MAX_SHIFT).astype(np.float32)


def against(log_probs: FloatArray, shift: FloatArray) -> FloatArray:
    """What the model says, heard against a baseline's `shift`.

    Args:
        log_probs: Shape (…, 3), log-probabilities in the order of SENTIMENTS.
        shift: The same, or (3,).

    Returns:
        Log-probabilities, shape (…, 3).
    """
    return normalised(log_probs + shift)
