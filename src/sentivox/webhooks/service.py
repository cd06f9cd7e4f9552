"""The webhooks of one server."""

import logging
from typing import Final

from sentivox.outbound.post import SafePost
from sentivox.sinks.log import log
from sentivox.sinks.metrics import Metrics
from sentivox.webhooks.config import WebhookConfig
from sentivox.webhooks.delivery import DeliveryLog
from sentivox.webhooks.dispatcher import Dispatcher, SystemClock
from sentivox.webhooks.memory import MemoryDeliveryLog
from sentivox.webhooks.observer import WebhookObserver
from sentivox.webhooks.session import SessionWebhooks

_GRACE_S: Final = 3.0
"""Seconds that webhooks which are due have when the server stops."""


class Webhooks:
    """Delivers the events of all sessions to the receivers of a configuration.

    Needs `pip install "sentivox[webhooks]"`.

    Args:
        config: The receivers.
        metrics: Counts deliveries.
        deliveries: Keeps deliveries until they arrive; by default in memory.
    """

    def __init__(
        self, config: WebhookConfig, metrics: Metrics, deliveries: DeliveryLog | None = None
    ) -> None:
        self._log = MemoryDeliveryLog() if deliveries is None else deliveries
        self._kept = deliveries is not None
        clock = SystemClock()
        self._dispatcher = Dispatcher(
            config.endpoints,
            self._log,
            SafePost(config.allowed),
            WebhookObserver(metrics, clock.now),
            clock,
        )

    def start(self) -> None:
        """Start delivering; must be called on the event loop."""
        self._dispatcher.start()

    async def stop(self) -> None:
        """Deliver what is due within a few seconds, and stop."""
        for endpoint, unkept in (await self._dispatcher.stop(_GRACE_S)).items():
            lost = unkept if self._kept else unkept + await self._log.pending(endpoint)
            if lost:
                log("webhooks_lost", level=logging.WARNING, endpoint=endpoint, number=lost)

    def session(self) -> SessionWebhooks:
        """A sink for the events of a new session."""
        return SessionWebhooks(self._dispatcher)
