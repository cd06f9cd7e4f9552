"""Fits to stored conversations how probable it is that one escalates.

The weights are useful only if they tell more than the share of those that do, on
conversations that they were not fitted to. Those left out together are neighbours in time, so that
what only holds of one week, or of one customer who called three times, is no gain.
"""

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from sentivox.conversation.escalation import Escalation, Traits, outcome
from sentivox.errors import DataError
from sentivox.evaluation.logit import Prior, fit_weights
from sentivox.evaluation.metrics import ece, log_loss
from sentivox.protocol.begin import Models
from sentivox.store.read import Kept
from sentivox.types import DoubleArray, IntArray

LEAST: Final = 50
"""Fewest conversations to fit to."""

LEAST_OF_A_KIND: Final = 10
"""Fewest that got worse, and fewest that did not."""

FOLDS: Final = 5

BEYOND_CHANCE: Final = 2.0
"""Standard errors by which the log-loss must be lower."""

_PRECISION: Final = np.array([0.01, 1.0, 1.0, 1.0, 1.0])
"""Of the priors of bias and weights, around 0: scores lie within -1…1."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """How conversations went on, in order of time.

    Attributes:
        traits: Shape (n, 5): a one, and the traits of the first two thirds.
        worse: Shape (n,), 1 where the last third was worse.
        models: The models that scored them.
        left_out: Number of others, by why they are not among them.
    """

    traits: DoubleArray
    worse: IntArray
    models: Models
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class EscalationOutcome:
    """A fit, and what it is worth on conversations that it was not fitted to.

    Attributes:
        fitted: The weights, fitted to all conversations.
        conversations: Their number.
        worse: How many of them got worse.
        log_loss: Of the probabilities, in nats.
        base_log_loss: Of the share that got worse, told of every conversation.
        gain: By how much the first is lower.
        gain_error: Its standard error.
        ece: Expected calibration error of the probabilities.
        useful: Whether the gain is beyond chance.
        left_out: Number of other conversations, by why they were left out.
    """

    fitted: Escalation
    conversations: int
    worse: int
    log_loss: float
    base_log_loss: float
    gain: float
    gain_error: float
    ece: float
    useful: bool
    left_out: dict[str, int]

    def document(self) -> dict[str, Any]:
        """All of it, as plain JSON values."""
        return msgspec.to_builtins(self)


async def gather(conversations: AsyncIterable[Kept]) -> Outcomes:
    """How the conversations that have ended went on.

    Those that other models scored than the newest are left out, and short ones.

    Args:
        conversations: Newest first.

    Raises:
        DataError: There are too few.
    """
    found: list[tuple[Traits, bool]] = []
    left_out = {"not ended": 0, "of other models": 0, "too short": 0}
    models: Models | None = None
    async for kept in conversations:
        if kept.begin is None or kept.listed.ended is None:
            left_out["not ended"] += 1
            continue
        models = models or kept.begin.models
        if kept.begin.models != models:
            left_out["of other models"] += 1
        elif (one := outcome(kept.utterances)) is None:
            left_out["too short"] += 1
        else:
            found.append(one)
    worse = sum(got_worse for _, got_worse in found)
    if models is None or len(found) < LEAST or min(worse, len(found) - worse) < LEAST_OF_A_KIND:
        raise DataError(
            f"conversations that can be used: {len(found)}, of which {worse} got worse; it takes"
            f" {LEAST}, and {LEAST_OF_A_KIND} each that did and did not"
        )
    found.reverse()
    numbers = [(1.0, *seen.numbers()) for seen, _ in found]
    labels = [got_worse for _, got_worse in found]
    return Outcomes(np.array(numbers), np.array(labels, int), models, left_out)


def fit_escalation(outcomes: Outcomes) -> EscalationOutcome:
    """Fit the weights, and see what they are worth on conversations left out."""
    n = len(outcomes.worse)
    told, base = np.empty((n, 2)), np.empty((n, 2))
    for out in np.array_split(np.arange(n), FOLDS):
        known = np.setdiff1d(np.arange(n), out)
        told[out] = _log_probs(outcomes.traits[out] @ _weights(outcomes, known))
        share = (outcomes.worse[known].sum() + 1) / (len(known) + 2)
        base[out] = np.log([1 - share, share])
    rows = np.arange(n)
    gains = told[rows, outcomes.worse] - base[rows, outcomes.worse]
    gain, error = float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(n))
    bias, level, recent, spread, interrupted = map(float, _weights(outcomes, rows).round(4))
    return EscalationOutcome(
        fitted=Escalation(
            bias=bias, weights=(level, recent, spread, interrupted), models=outcomes.models
        ),
        conversations=n,
        worse=int(outcomes.worse.sum()),
        log_loss=log_loss(told, outcomes.worse),
        base_log_loss=log_loss(base, outcomes.worse),
        gain=gain,
        gain_error=error,
        ece=ece(np.exp(told[:, 1]), outcomes.worse == 1),
        useful=gain > BEYOND_CHANCE * error,
        left_out={why: count for why, count in outcomes.left_out.items() if count},
    )


def _weights(outcomes: Outcomes, rows: Sequence[int] | IntArray) -> DoubleArray:
    """The weights fitted to some of the conversations, shape (5,)."""
    traits = outcomes.traits[rows]
    features = np.stack([np.zeros_like(traits), traits], axis=1)
    prior = Prior(np.zeros(5), _PRECISION, np.full(5, -np.inf))
    return fit_weights(features, outcomes.worse[rows], prior)


def _log_probs(logits: DoubleArray) -> DoubleArray:
    """Log-probabilities of not getting worse and of getting worse, (n, 2), from logits (n,)."""
    return np.stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)], axis=1)
