"""A delivery log in memory, for servers without a store: deliveries are lost at a restart."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from heapq import nsmallest
from typing import Final

from sentivox.webhooks.delivery import Delivery, LogFull, Status

MAX_PENDING: Final = 2000
"""Most pending deliveries to an endpoint, which take at most 40 MB."""

_MAX_DEAD: Final = 100
"""Deliveries that were given up and are kept, the latest, over all endpoints."""


class MemoryDeliveryLog:
    """Implements `DeliveryLog`. Each endpoint has room of its own; what was delivered is forgotten.

    Args:
        max_pending: Most pending deliveries to an endpoint.
    """

    def __init__(self, max_pending: int = MAX_PENDING) -> None:
        self._max_pending = max_pending
        self._pending: dict[str, dict[str, Delivery]] = {}
        self._dead: deque[Delivery] = deque(maxlen=_MAX_DEAD)
        self._disabled: set[str] = set()

    async def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; raises LogFull if its endpoint has no room left."""
        kept = self._pending.setdefault(delivery.endpoint, {})
        if len(kept) >= self._max_pending:
            raise LogFull
        kept.setdefault(delivery.id, delivery)

    async def due(self, endpoint: str, until: float, limit: int) -> Sequence[Delivery]:
        """The pending deliveries to an endpoint with `next_at` up to `until`, by `next_at`."""
        kept = self._pending.get(endpoint, {}).values()
        return nsmallest(limit, (d for d in kept if d.next_at <= until), key=_next_at)

    async def update(self, delivery: Delivery) -> None:
        """Replace the delivery with this id."""
        kept = self._pending.setdefault(delivery.endpoint, {})
        if delivery.status == "pending":
            kept[delivery.id] = delivery
            return
        kept.pop(delivery.id, None)
        if delivery.status == "dead":
            self._dead.append(delivery)

    async def pending(self, endpoint: str) -> int:
        """The number of pending deliveries to an endpoint."""
        return len(self._pending.get(endpoint, {}))

    async def listed(self, status: Status | None = None) -> Sequence[Delivery]:
        """Deliveries of a status, or all that are kept, by `created`."""
        every = [*(d for kept in self._pending.values() for d in kept.values()), *self._dead]
        return sorted((d for d in every if status in {None, d.status}), key=_created)

    async def retry(self, delivery_id: str, at: float) -> Delivery | None:
        """Make a delivery pending again, as if it were new, and enable its endpoint."""
        for delivery in await self.listed():
            if delivery.id == delivery_id:
                again = replace(delivery, status="pending", attempts=0, next_at=at)
                self._dead = deque((d for d in self._dead if d.id != delivery_id), _MAX_DEAD)
                self._pending.setdefault(again.endpoint, {})[again.id] = again
                self._disabled.discard(again.endpoint)
                return again
        return None

    async def disable(self, endpoint: str) -> None:
        """Note that an endpoint wants no more deliveries."""
        self._disabled.add(endpoint)

    async def disabled(self) -> frozenset[str]:
        """The names of the endpoints that are disabled."""
        return frozenset(self._disabled)


def _next_at(delivery: Delivery) -> float:
    return delivery.next_at


def _created(delivery: Delivery) -> float:
    return delivery.created
