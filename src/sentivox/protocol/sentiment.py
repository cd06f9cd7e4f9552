"""Sentiment in `Utterance` messages: of each modality, and fused."""

from typing import Final, Literal

import msgspec

DIGITS: Final = 4
"""Decimal places of scores, probabilities and confidences on the wire."""

Label = Literal["negative", "neutral", "positive", "unclear", "unknown"]
"""The label of a score (see `sentivox.protocol.labels`); "unclear" if its probability is too low.

"unknown" is what servers up to 0.2 say in place of "unclear". It is read, but never written.
"""

Scores = dict[str, float]
"""Probabilities, 0…1, by label, emotion or source."""


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The sentiment of one modality; score = p(positive) - p(negative), -1…1.

    The label is "unclear" if its probability is below the stream's `min_confidence`.
    """

    label: Label
    score: float
    scores: Scores


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest tone window of an utterance: its end `t`, in seconds, and score, -1…1."""

    t: float
    score: float


class ToneSentiment(Sentiment, frozen=True, kw_only=True):
    """The tone of a whole utterance, and its strongest window.

    It is scored on the utterance as a whole or, where there is no model for that (`--tone mfcc`) or
    no time (overload), the mean over its windows.
    """

    emotions: Scores
    peak: Peak


class Fused(msgspec.Struct, frozen=True, kw_only=True):
    """The fused sentiment. A missing modality has weight 0; the weights sum to 1.

    If the recogniser named an emotion, it is a third opinion with the weight "emotion".
    `confidence` is the calibrated probability of the label that the score has. If it is below the
    stream's `min_confidence`, the label is "unclear" and all other fields stay as they are.
    `agreement` is True if words and tone have the same label, False if one is negative and the
    other positive, and None otherwise: a modality is missing or unclear, or only one is neutral.
    """

    label: Label
    scores: Scores
    weights: Scores
    confidence: float
    agreement: bool | None
