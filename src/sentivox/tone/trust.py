"""How far the scores of an utterance's tone are to be believed.

A network that was trained on acted speech is too sure of itself with strangers, and the less it
gets to hear, the more so. Of sounds unlike any in its training data (a dog, music, a tenth of a
second of speech) it knows nothing at all. Its log-probabilities are therefore scaled: a sharpness
of 1 leaves them as they are, and one near 0 makes all classes equally likely.

What is strange also sounds negative to such a network: on nearly every corpus that it was not
trained on, it finds too much negative and too little positive. Small biases make up for a part of
that. Larger ones would gain more with strangers, and lose with voices like those it knows.

`TrustSettings` are chosen on corpora that the network was not trained on, and NOVELTY_WIDTH on
noises that it was not trained on (training/utterance_tone).
"""

from typing import Final

import msgspec
import numpy as np

from sentivox.tone.sentiment import normalised
from sentivox.types import FloatArray

NOVELTY_WIDTH: Final = 0.1
"""How far beyond 1 the novelty of a sound is at which half of the sharpness is left."""


NO_SPEECH: Final = 0.7
SURE_SPEECH: Final = 0.8
"""Below a mean probability of speech of NO_SPEECH, an utterance without words says nothing of
anybody's tone; from SURE_SPEECH on, it is believed. Chosen so that no baby, chainsaw or dog of
ESC-10 is believed, and nearly all speech of a second or more is (docs/accuracy.md)."""


class TrustSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a model is believed, in its sidecar.

    Attributes:
        sharpness: Sharpness for a long utterance like those of the training data; above 0.
        half_s: Seconds of speech at which half of it is left.
        biases: Added to the log-probabilities of SENTIMENTS before they are scaled.
    """

    sharpness: float = 1.0
    half_s: float = 0.0
    biases: tuple[float, float, float] = (0.0, 0.0, 0.0)


def sharpness(settings: TrustSettings, seconds: float, novelty: float) -> float:
    """How far to believe the scores of an utterance.

    Args:
        settings: As fitted.
        seconds: Duration of the utterance without its margins, above 0.
        novelty: Distance from the training data, where 1 is that of its strangest hundredth.
    """
    strange = max(0.0, novelty - 1) / NOVELTY_WIDTH
    return settings.sharpness * seconds / (seconds + settings.half_s) / (1 + strange**2)


def unbiased(settings: TrustSettings, sentiments: FloatArray) -> FloatArray:
    """Log-probabilities of SENTIMENTS, shape (…, 3), with the biases added; not normalised."""
    return sentiments + np.asarray(settings.biases, np.float32)


def believed(log_probs: FloatArray, factor: float | FloatArray) -> FloatArray:
    """Log-probabilities, shape (…, k), scaled by a sharpness (or one a row) and normalised."""
    return normalised(log_probs * factor)


def speech_evidence(probability: float) -> float:
    """How far the tone of an utterance without words counts, 0…1, as a factor of its sharpness.

    Args:
        probability: Mean probability of speech, 0…1, in its windows that count as speech.
    """
    return min(1.0, max(0.0, (probability - NO_SPEECH) / (SURE_SPEECH - NO_SPEECH)))
