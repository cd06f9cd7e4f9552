"""Baseline of a speaker's voice: tone scores relative to the channel's earlier utterances.

Microphone, room and voice bias the tone model the same way for as long as somebody speaks: one
voice always sounds a little angry, another never glad. Therefore the mean of the model's scores
over a channel's utterances so far is subtracted from its scores for the next one. This improves
accuracy considerably on speech unlike the training data (docs/accuracy.md). The cost is that
somebody who is angry throughout comes to count as usual. Two bounds limit this: the first
utterances hardly count, and no log-probability is moved by more than `MAX_SHIFT`.

Normalisation by speaker is known to help emotion recognition from speech (Busso et al. 2013,
"Iterative feature normalization scheme for automatic emotion detection from speech", IEEE Trans.
Affective Computing 4(4)). Here it uses earlier utterances only. The constants below were chosen on
corpora that the network was not trained on (training/utterance_tone/figures.py).
"""

from typing import Final

import numpy as np

from sentivox.tone.sentiment import normalised
from sentivox.types import SENTIMENTS, FloatArray

REMOVED_SHARE: Final = 0.75
"""Share of the mean that is subtracted in the long run. The rest keeps a constant mood visible."""

PRIOR: Final = 8.0
"""Number of utterances after which half of REMOVED_SHARE is subtracted."""

MAX_SHIFT: Final = 2.0
"""Most nats by which the log-probability of a sentiment is moved."""


class Baseline:
    """The mean tone scores of one channel's utterances so far, as a correction for the next."""

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        """Start without utterances, and so with a shift of 0."""
        self._sum = np.zeros(len(SENTIMENTS), np.float64)
        self._count = 0

    def add(self, log_probs: FloatArray) -> None:
        """Add an utterance, by its log-probabilities before any shift, shape (3,)."""
        self._sum += log_probs - log_probs.mean()
        self._count += 1

    @property
    def shift(self) -> FloatArray:
        """The shift to add to the next utterance's log-probabilities, shape (3,), in nats."""
        usual = REMOVED_SHARE * self._sum / (self._count + PRIOR)
        return np.clip(-usual, -MAX_SHIFT, MAX_SHIFT).astype(np.float32)


def against(log_probs: FloatArray, shift: FloatArray) -> FloatArray:
    """Apply the `shift` of a baseline to log-probabilities.

    Args:
        log_probs: Shape (…, 3), log-probabilities in the order of SENTIMENTS.
        shift: Shape (3,) or (…, 3), in nats.

    Returns:
        Normalised log-probabilities, shape (…, 3).
    """
    return normalised(log_probs + shift)
