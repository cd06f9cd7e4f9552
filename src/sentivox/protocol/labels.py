"""The rule for labels: the only place where a label is derived from numbers. Pure functions.

A label is the tendency of its score: neutral inside the band around 0, else the sign. Its
confidence is the probability of that label. Where the confidence is too low, the label is
"unclear". So a label never contradicts the score or the confidence beside it.
"""

from typing import Final

from sentivox.protocol.sentiment import DIGITS, Label, Scores

NEUTRAL_BAND: Final = 0.25
"""Absolute score below which a score is neutral."""

MIN_CONFIDENCE: Final = 0.5
"""Probability below which a label is "unclear", unless another one is asked for."""

JUDGED_S: Final = 1.5
"""Seconds of speech from which live tone has a label; less says too little."""


def tendency(score: float | None) -> Label:
    """The label for a score, -1…1, whatever its confidence; "unclear" for None."""
    if score is None:
        return "unclear"
    if abs(score) < NEUTRAL_BAND:
        return "neutral"
    return "positive" if score > 0 else "negative"


def polarity(scores: Scores) -> float:
    """The score p(positive) - p(negative), -1…1, rounded for the wire."""
    return round(scores["positive"] - scores["negative"], DIGITS)


def confidence(scores: Scores) -> float:
    """The probability, 0…1, of the label that the score has; not always the highest of the three.

    A score of .3 is positive even if neutral is likelier than positive.
    """
    return scores[tendency(polarity(scores))]


def label(scores: Scores, min_confidence: float = MIN_CONFIDENCE) -> Label:
    """The label for the probabilities of negative, neutral and positive.

    Args:
        scores: Probabilities by sentiment.
        min_confidence: Probability, 0…1, below which the label is "unclear"; with 0 it never is.
    """
    return tendency(polarity(scores)) if confidence(scores) >= min_confidence else "unclear"


def agreement(words: Label | None, tone: Label | None) -> bool | None:
    """Whether words and tone agree, from their labels; None where a modality is missing.

    Returns:
        True if both have the same label; False if one is negative and the other positive; None
        where this says nothing: a modality is missing or unclear, or only one is neutral.
    """
    if words == tone and words in ("negative", "neutral", "positive"):
        return True
    opposite = (words, tone) in (("negative", "positive"), ("positive", "negative"))
    return False if opposite else None
