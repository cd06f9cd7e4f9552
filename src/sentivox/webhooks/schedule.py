"""What becomes of a delivery after an attempt: the retry schedule, as pure functions."""

from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from sentivox.webhooks.delivery import Delivery

WAITS_S: Final = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0)
"""Seconds before each attempt, since the event or the attempt before (Standard Webhooks)."""

JITTER: Final = 0.1
"""Waits are up to this part shorter or longer, so that many retries do not come at once."""

GONE: Final = 410
"""The receiver wants no more deliveries."""

_BUSY: Final = frozenset({429, 503})
"""Statuses with which `Retry-After` is respected."""

Outcome = Literal["delivered", "failed", "dead", "disabled", "dropped"]
"""What came of an attempt: delivered, failed but to be retried, given up, or given up because the
endpoint is disabled. "dropped" is a delivery that was never attempted, for want of room."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt.

    Attributes:
        at: When it ended, in seconds since 1970.
        status: HTTP status; None without an answer.
        error: Why there was no answer; None if there was one.
        retry_after: The header `Retry-After`; None if there was none.
    """

    at: float
    status: int | None = None
    error: str | None = None
    retry_after: str | None = None

    @property
    def problem(self) -> str | None:
        """What was wrong; None if nothing was."""
        if self.status is None:
            return self.error or "no answer"
        return None if 200 <= self.status < 300 else f"status {self.status}"


def after(delivery: Delivery, attempt: Attempt, chance: float) -> tuple[Delivery, Outcome]:
    """The delivery after an attempt, and the outcome.

    Args:
        delivery: The delivery as it was.
        attempt: What came of the attempt.
        chance: A random number in [0, 1) for the jitter.
    """
    attempts = delivery.attempts + 1
    tried = replace(
        delivery, attempts=attempts, last_status=attempt.status, last_error=attempt.problem
    )
    if attempt.problem is None:
        return replace(tried, status="delivered"), "delivered"
    if attempt.status == GONE:
        return replace(tried, status="dead"), "disabled"
    if attempts >= len(WAITS_S):
        return replace(tried, status="dead"), "dead"
    wait = WAITS_S[attempts] * (1 + JITTER * (2 * chance - 1))
    if attempt.status in _BUSY:
        wait = max(wait, min(retry_after_s(attempt.retry_after, attempt.at), WAITS_S[-1]))
    return replace(tried, next_at=attempt.at + wait), "failed"


def retry_after_s(header: str | None, now: float) -> float:
    """Seconds that a `Retry-After` asks to wait, given as seconds or as a date; 0 if unreadable.

    Args:
        header: Value of the header.
        now: The time now, in seconds since 1970.
    """
    text = "" if header is None else header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
