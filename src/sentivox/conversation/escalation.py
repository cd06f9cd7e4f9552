"""How probable it is that a conversation escalates: gets worse, and bad. Pure functions.

A logistic regression on four traits of what was said so far. Its weights are fitted to stored
conversations (`evaluation.escalation`): on each, the traits of the first two thirds tell whether
the last third was worse. So, of a conversation that is going on, they tell whether it will
escalate, if it goes on for half as long again.

The last third is worse if its mean score is lower, by WORSE at least, and negative. Without the
second condition the pleasant calls would be the ones that threaten to escalate, because they have
the longest way to fall, and the angry ones never.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from sentivox.conversation.interruptions import interruptions
from sentivox.conversation.mood import scored
from sentivox.conversation.shift import Pairs, thirds
from sentivox.protocol.begin import Models
from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS

WORSE: Final = 0.1
"""How much lower the mean score must be to be worse: less is noise of single scores."""

LEAST_SCORED: Final = 4
"""Fewest utterances with a score that tell anything."""

LEAST_S: Final = 20.0
"""Shortest conversation that tells anything, in seconds."""


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether a conversation will escalate; scores as in messages.

    Attributes:
        level: The mean score.
        recent: How much higher the mean score is in the second half than in all.
        spread: Standard deviation of the scores.
        interruptions: Interruptions a minute, of everybody.
    """

    level: float
    recent: float
    spread: float
    interruptions: float

    def numbers(self) -> tuple[float, ...]:
        """All four, in the order of `Escalation.weights`."""
        return self.level, self.recent, self.spread, self.interruptions


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The weights of the traits, fitted to conversations.

    Attributes:
        bias: The logit where all traits are 0.
        weights: What each trait adds to it, in the order of `Traits`.
        models: The models that scored those conversations.
    """

    bias: float
    weights: tuple[float, float, float, float]
    models: Models

    def probability(self, traits: Traits) -> float:
        """The probability, 0…1, that the conversation escalates."""
        pairs = zip(self.weights, traits.numbers(), strict=True)
        logit = self.bias + sum(weight * number for weight, number in pairs)
        return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))


def escalation(
    utterances: Sequence[Utterance], fitted: Escalation | None, models: Models | None
) -> float | None:
    """The probability, 0…1, that the conversation escalates.

    Args:
        utterances: The latest revision of each utterance so far, in any order.
        fitted: The weights; None if there are none.
        models: The models that scored the utterances; None if that is not known.

    Returns:
        None without weights for these models, and if too little was said.
    """
    if fitted is None or fitted.models != models:
        return None
    seen = traits(utterances)
    return None if seen is None else round(fitted.probability(seen), DIGITS)


def traits(utterances: Sequence[Utterance]) -> Traits | None:
    """The traits of what was said; None if it is too little."""
    pairs = scored(utterances)
    if len(pairs) < LEAST_SCORED:
        return None
    start, end = min(u.start for u, _ in pairs), max(u.end for u, _ in pairs)
    level, late = _mean(pairs), _mean([p for p in pairs if p[0].end > (start + end) / 2])
    if end - start < LEAST_S or level is None or late is None:
        return None
    variance = _mean([(u, (score - level) ** 2) for u, score in pairs])
    return Traits(
        level=level,
        recent=late - level,
        spread=math.sqrt(variance or 0.0),
        interruptions=len(interruptions(utterances)) / (end - start) * 60,
    )


def outcome(utterances: Sequence[Utterance]) -> tuple[Traits, bool] | None:
    """The traits of the first two thirds of a conversation, and whether its last third was worse.

    An utterance in both counts for the last third alone, so that the traits know nothing of it.

    Returns:
        None if too little was said in either part.
    """
    _, bound = thirds(utterances)
    seen = traits([u for u in utterances if u.end <= bound])
    last = _mean([(u, score) for u, score in scored(utterances) if u.end > bound])
    return None if seen is None or last is None else (seen, last < min(0.0, seen.level - WORSE))


def _mean(pairs: Pairs) -> float | None:
    """The mean score, weighted by duration; None without any."""
    total = sum(u.end - u.start for u, _ in pairs)
    return sum((u.end - u.start) * score for u, score in pairs) / total if total > 0 else None
