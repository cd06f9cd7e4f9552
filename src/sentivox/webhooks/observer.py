"""Counts and logs what becomes of webhooks, with a line for each kind of failure."""

import logging
from collections.abc import Callable
from typing import Final

from sentivox.sinks.log import log
from sentivox.sinks.metrics import Metrics
from sentivox.webhooks.delivery import Delivery
from sentivox.webhooks.schedule import Outcome

_AGAIN_S: Final = 600.0
"""Seconds after which the same failure of the same endpoint is logged again."""


class WebhookObserver:
    """Implements `lane.Observer`.

    Args:
        metrics: Counts deliveries by outcome.
        now: The time in seconds.
    """

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        self._metrics = metrics
        self._now = now
        self._logged: dict[tuple[str, str, str | None], float] = {}

    def outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Count an outcome, and log it if it is a failure of a new kind."""
        self._metrics.webhook(delivery.endpoint, outcome)
        if outcome != "delivered":
            self._log(f"webhook_{outcome}", delivery.endpoint, delivery.last_error)

    def pending(self, endpoint: str, number: int) -> None:
        """Set the number of pending deliveries."""
        self._metrics.webhooks_pending(endpoint, number)

    def log_failed(self, endpoint: str, error: Exception) -> None:
        """Log that the delivery log has failed; a database's message may quote the body."""
        self._log("webhook_log_failed", endpoint, type(error).__name__)

    def _log(self, event: str, endpoint: str, problem: str | None) -> None:
        key = event, endpoint, problem
        now = self._now()
        if now - self._logged.get(key, -_AGAIN_S) >= _AGAIN_S:
            self._logged[key] = now
            log(event, level=logging.WARNING, endpoint=endpoint, problem=problem)
