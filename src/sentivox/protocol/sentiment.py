"""What `Utterance` says of one: each modality's opinion, and the joint one."""

from typing import Final, Literal

import msgspec

DIGITS: Final = 4
"""Decimal places of scores, probabilities and confidences on the wire."""

Label = Literal["negative", "neutral", "positive"]
Mood = Literal["negative", "neutral", "positive", "unknown"]
Scores = dict[str, float]


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """One modality's opinion: score = p(positive) - p(negative), -1…1."""

    label: Label
    score: float
    scores: Scores


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest tone window of an utterance: its end time and score."""

    t: float
    score: float


class ToneSentiment(Sentiment, frozen=True, kw_only=True):
    """The tone of a whole utterance: the mean of its windows, and the strongest of them."""

    emotions: Scores
    peak: Peak


class Fused(msgspec.Struct, frozen=True, kw_only=True):
    """Both modalities together. A missing modality has weight 0; weights sum to 1.

    Where the recogniser named an emotion, that third opinion has a weight too, "emotion".
    `confidence` is the calibrated probability of the likeliest class. Where it is below the
    stream's `min_confidence` the label is "unknown", and all else stays as it is. `agreement` is
    None where only one modality spoke.
    """

    label: Mood
    scores: Scores
    weights: Scores
    confidence: float
    agreement: bool | None
