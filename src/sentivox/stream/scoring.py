"""From model outputs to the scores of events. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sentivox.fusion.fuse import FusedScores
from sentivox.protocol.sentiment import DIGITS, Fused, Label, Peak, Scores, Sentiment, ToneSentiment
from sentivox.tone.baseline import against
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray, ToneScores


@dataclass(frozen=True, slots=True, eq=False)
class ToneWindow:
    """The acoustic model's opinion of samples [start, stop)."""

    start: int
    stop: int
    scores: ToneScores

    def against(self, shift: FloatArray) -> "ToneWindow":
        """The same, its sentiment heard against a baseline's shift; emotions stay."""
        scores = replace(self.scores, sentiment=against(self.scores.sentiment, shift))
        return replace(self, scores=scores)


@dataclass(frozen=True, slots=True, eq=False)
class PooledTone:
    """The tone of an utterance: log-probabilities (3,), and the same as an event field."""

    log_probs: FloatArray
    sentiment: ToneSentiment


def label_of(probs: FloatArray) -> Label:
    """The likeliest sentiment."""
    return SENTIMENTS[int(np.argmax(probs))]


def named(probs: FloatArray, names: Sequence[str]) -> Scores:
    """Probabilities by name, rounded for the wire."""
    return {name: round(float(p), DIGITS) for name, p in zip(names, probs, strict=True)}


def polarity(probs: FloatArray) -> float:
    """Score = p(positive) - p(negative), -1…1."""
    return round(float(probs[2] - probs[0]), DIGITS)


def sentiment_of(log_probs: FloatArray) -> Sentiment:
    """An opinion as it goes into an event."""
    probs = np.exp(log_probs)
    return Sentiment(label=label_of(probs), score=polarity(probs), scores=named(probs, SENTIMENTS))


def pool(windows: Sequence[ToneWindow], rate: int) -> PooledTone | None:
    """The utterance's tone: windows' mean probabilities, weighted by their length.

    The first windows of an utterance are short and say little, so each counts by its seconds.
    The strongest single window is kept beside the mean: averaging hides an outburst.
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
    sentiment = ToneSentiment(
        label=label_of(mean),
        score=polarity(mean),
        scores=named(mean, SENTIMENTS),
        emotions=named(emotions, EMOTIONS),
        peak=Peak(
            t=round(strongest.stop / rate, 3),
            score=polarity(np.exp(strongest.scores.sentiment)),
        ),
    )
    log_probs = np.log(np.maximum(mean, np.finfo(np.float32).tiny))
    return PooledTone(log_probs=log_probs, sentiment=sentiment)


def fused_of(scores: FusedScores, min_confidence: float = 0.0) -> Fused:
    """The joint opinion as it goes into an event; a label less likely than asked is unknown."""
    confidence = round(float(scores.probs.max()), DIGITS)
    return Fused(
        label=label_of(scores.probs) if confidence >= min_confidence else "unknown",
        scores=named(scores.probs, SENTIMENTS),
        weights=_weights(scores.weights),
        confidence=confidence,
        agreement=scores.agreement,
    )


def _weights(weights: Mapping[str, float]) -> Scores:
    """The sources' weights by their names on the wire, which sum to 1; those of 0 are left out.

    The wire calls tone "audio". It and "text" are always there.
    """
    told = {"audio" if name == "tone" else name: weight for name, weight in weights.items()}
    rounded_weights = {name: round(weight, DIGITS) for name, weight in told.items()}
    heaviest = max(told, key=lambda name: told[name])
    rest = sum(weight for name, weight in rounded_weights.items() if name != heaviest)
    rounded_weights[heaviest] = max(0.0, round(1.0 - rest, DIGITS))
    always = {"text": 0.0, "audio": 0.0}
    return always | {name: w for name, w in rounded_weights.items() if w or name in always}


def rounded(value: float | None) -> float | None:
    """A probability as it goes into an event."""
    return None if value is None else round(value, DIGITS)
