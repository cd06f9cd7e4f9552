"""Sentiment in `Utterance` messages: of each modality, and fused."""

from typing import Final, Literal

import msgspec

DIGITS: Final = 4
"""Decimal places of scores, probabilities and confidences on the wire."""

Label = Literal["negative", "neutral", "positive"]
FusedLabel = Literal["negative", "neutral", "positive", "unknown"]
"""A fused label; "unknown" if its probability is too low."""

Scores = dict[str, float]
"""Probabilities, 0…1, by label, emotion or source."""


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """The sentiment of one modality; score = p(positive) - p(negative), -1…1."""

    label: Label
    score: float
    scores: Scores


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest tone window of an utterance: its end `t`, in seconds, and score, -1…1."""

    t: float
    score: float


class ToneSentiment(Sentiment, frozen=True, kw_only=True):
    """The tone of a whole utterance: the mean over its windows, and the strongest window."""

    emotions: Scores
    peak: Peak


class Fused(msgspec.Struct, frozen=True, kw_only=True):
    """The fused sentiment. A missing modality has weight 0; the weights sum to 1.

    If the recogniser named an emotion, it is a third opinion with the weight "emotion".
    `confidence` is the calibrated probability of the likeliest class. If it is below the stream's
    `min_confidence`, the label is "unknown" and all other fields stay as they are. `agreement`
    tells whether the modalities have the same label; None if there is only one.
    """

    label: FusedLabel
    scores: Scores
    weights: Scores
    confidence: float
    agreement: bool | None
