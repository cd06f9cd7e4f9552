"""Conversion of model outputs to the scores in events. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sentivox.fusion.fuse import FusedScores
from sentivox.protocol import labels
from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.protocol.sentiment import DIGITS, Fused, Label, Peak, Scores, Sentiment, ToneSentiment
from sentivox.tone.baseline import against
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray, ToneScores


@dataclass(frozen=True, slots=True, eq=False)
class ToneWindow:
    """The acoustic model's scores for absolute samples [start, stop)."""

    start: int
    stop: int
    scores: ToneScores

    def against(self, shift: FloatArray) -> "ToneWindow":
        """A copy with the baseline's `shift`, shape (3,), applied to the sentiment only."""
        return replace(self, scores=shifted(self.scores, shift))


@dataclass(frozen=True, slots=True, eq=False)
class PooledTone:
    """The tone of a whole utterance.

    Attributes:
        log_probs: Shape (3,), log-probabilities in the order of SENTIMENTS.
        sentiment: The same as an event field.
    """

    log_probs: FloatArray
    sentiment: ToneSentiment


def by_name(probs: FloatArray, names: Sequence[str]) -> Scores:
    """Probabilities, shape (n,), keyed by name and rounded for the wire."""
    return {name: round(float(p), DIGITS) for name, p in zip(names, probs, strict=True)}


def polarity(probs: FloatArray) -> float:
    """The score p(positive) - p(negative), -1…1, of probabilities of shape (3,)."""
    return labels.polarity(by_name(probs, SENTIMENTS))


def sentiment_of(log_probs: FloatArray, min_confidence: float = MIN_CONFIDENCE) -> Sentiment:
    """The event field for log-probabilities of shape (3,)."""
    scores = by_name(np.exp(log_probs), SENTIMENTS)
    return Sentiment(
        label=labels.label(scores, min_confidence), score=labels.polarity(scores), scores=scores
    )


def pool(
    windows: Sequence[ToneWindow], rate: int, min_confidence: float = MIN_CONFIDENCE
) -> PooledTone | None:
    """Pool the windows of an utterance into one tone: the mean, weighted by window length.

    The first windows of an utterance are short and say little, hence the weights. The strongest
    single window is reported beside the mean, which would hide an outburst.

    Args:
        windows: In any order.
        rate: Samples per second of the windows' sample numbers.
        min_confidence: Probability, 0…1, below which the label is "unclear".

    Returns:
        The pooled tone; None without any window.
    """
    if not windows:
        return None
    lengths = np.array([w.stop - w.start for w in windows], np.float32)
    weights = lengths / lengths.sum()
    probs = np.exp(np.stack([w.scores.sentiment for w in windows]))
    mean = np.asarray(weights @ probs, np.float32)
    mean /= mean.sum()
    emotions = np.asarray(weights @ np.stack([w.scores.emotions for w in windows]), np.float32)
    strongest = max(windows, key=lambda w: abs(polarity(np.exp(w.scores.sentiment))))
    peak = Peak(
        t=round(strongest.stop / rate, 3),
        score=polarity(np.exp(strongest.scores.sentiment)),
    )
    log_probs = np.log(np.maximum(mean, np.finfo(np.float32).tiny))
    sentiment = _tone_sentiment(log_probs, emotions, peak, min_confidence)
    return PooledTone(log_probs=log_probs, sentiment=sentiment)


def whole_tone(
    scores: ToneScores, end_s: float, peak: Peak | None, min_confidence: float = MIN_CONFIDENCE
) -> PooledTone:
    """The tone of an utterance that was scored as a whole.

    Args:
        scores: Its scores.
        end_s: Its end, in seconds.
        peak: Its strongest window; None, if no window was scored, for the utterance itself.
        min_confidence: Probability, 0…1, below which the label is "unclear".
    """
    own = Peak(t=round(end_s, 3), score=polarity(np.exp(scores.sentiment)))
    sentiment = _tone_sentiment(scores.sentiment, scores.emotions, peak or own, min_confidence)
    return PooledTone(log_probs=scores.sentiment, sentiment=sentiment)


def shifted(scores: ToneScores, shift: FloatArray) -> ToneScores:
    """Scores with the baseline's `shift`, shape (3,), applied to the sentiment only."""
    return replace(scores, sentiment=against(scores.sentiment, shift))


def _tone_sentiment(
    log_probs: FloatArray, emotions: FloatArray, peak: Peak, min_confidence: float
) -> ToneSentiment:
    sentiment = sentiment_of(log_probs, min_confidence)
    return ToneSentiment(
        label=sentiment.label,
        score=sentiment.score,
        scores=sentiment.scores,
        emotions=by_name(emotions, EMOTIONS),
        peak=peak,
    )


def fused_of(
    fused: FusedScores, words: Label | None, tone: Label | None, min_confidence: float
) -> Fused:
    """The event field for fused scores.

    Args:
        fused: The fused opinion.
        words: The label of the words; None without any.
        tone: The label of the tone; None without any.
        min_confidence: Probability, 0…1, below which the label is "unclear".
    """
    scores = by_name(fused.probs, SENTIMENTS)
    return Fused(
        label=labels.label(scores, min_confidence),
        scores=scores,
        weights=_weights(fused.weights),
        confidence=labels.confidence(scores),
        agreement=labels.agreement(words, tone),
    )


def _weights(weights: Mapping[str, float]) -> Scores:
    """The weights of the sources under their names on the wire, rounded so that they sum to 1.

    On the wire, tone is called "audio". "text" and "audio" are always present; any other source
    is left out if its weight is 0.
    """
    told = {"audio" if name == "tone" else name: weight for name, weight in weights.items()}
    rounded_weights = {name: round(weight, DIGITS) for name, weight in told.items()}
    heaviest = max(told, key=lambda name: told[name])
    rest = sum(weight for name, weight in rounded_weights.items() if name != heaviest)
    rounded_weights[heaviest] = max(0.0, round(1.0 - rest, DIGITS))
    always = {"text": 0.0, "audio": 0.0}
    return always | {name: w for name, w in rounded_weights.items() if w or name in always}


def rounded(value: float | None) -> float | None:
    """A probability rounded for the wire."""
    return None if value is None else round(value, DIGITS)
