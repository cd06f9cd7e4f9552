"""A sink that counts and logs the alerts of one session."""

from collections.abc import Collection
from typing import Final

from sentivox.protocol.events import Alert, Event
from sentivox.sinks.log import log
from sentivox.sinks.metrics import Metrics

OF_SESSION: Final = "session"
"""What stands for the names of clients' own rules in metrics, whose labels must be bounded."""


class AlertSink:
    """Counts and logs alerts.

    Args:
        metrics: Counts them.
        named: Names of the operator's rules.
    """

    def __init__(self, metrics: Metrics, named: Collection[str]) -> None:
        self._metrics = metrics
        self._named = named

    def take(self, event: Event) -> None:
        """Count and log an Alert; ignore other events. The log has no words: `why` quotes them."""
        if isinstance(event, Alert):
            rule = event.rule if event.rule in self._named else OF_SESSION
            self._metrics.alerted(rule, event.severity)
            log("alert", session=event.session_id, rule=rule, severity=event.severity,
                channel=event.channel, t=event.t)  # fmt: skip
