"""A message on its way to one endpoint, and the log that keeps such messages until they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Status = Literal["pending", "delivered", "dead"]
"""Waiting for its next attempt, answered with 2xx, or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one endpoint. Times are in seconds since 1970.

    Attributes:
        id: Identifier, sent as `webhook-id` in each attempt.
        endpoint: Name of the endpoint.
        event_type: Type of the event, such as "session.ended".
        session_id: Session that the event belongs to.
        body: JSON, as it is sent.
        created: When the event happened.
        attempts: Attempts so far.
        next_at: When the next attempt is due; of no meaning unless it is pending.
        status: What has become of it.
        last_status: HTTP status of the last attempt; None if there was no answer.
        last_error: What was wrong with the last attempt; None if nothing was.
    """

    id: str
    endpoint: str
    event_type: str
    session_id: str
    body: str = field(repr=False)
    created: float
    attempts: int = 0
    next_at: float
    status: Status = "pending"
    last_status: int | None = None
    last_error: str | None = None


class LogFull(Exception):  # noqa: N818  (reads as what happened)
    """A log has no room for another delivery to this endpoint."""


class DeliveryLog(Protocol):
    """Keeps deliveries. Methods raise what their storage raises; the caller tries again later."""

    async def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; does nothing if there is one with this id.

        Raises:
            LogFull: There is no room for it.
        """
        ...

    async def due(self, endpoint: str, until: float, limit: int) -> Sequence[Delivery]:
        """The pending deliveries to an endpoint with `next_at` up to `until`, by `next_at`."""
        ...

    async def update(self, delivery: Delivery) -> None:
        """Replace the delivery with this id."""
        ...

    async def pending(self, endpoint: str) -> int:
        """The number of pending deliveries to an endpoint."""
        ...

    async def listed(self, status: Status | None = None) -> Sequence[Delivery]:
        """Deliveries of a status, or all of them, by `created`."""
        ...

    async def retry(self, delivery_id: str, at: float) -> Delivery | None:
        """Make a delivery pending again, as if it were new, and enable its endpoint.

        Args:
            delivery_id: Its identifier.
            at: When its next attempt is due.

        Returns:
            The delivery as it is now; None if there is no such delivery.
        """
        ...

    async def disable(self, endpoint: str) -> None:
        """Note that an endpoint wants no more deliveries."""
        ...

    async def disabled(self) -> frozenset[str]:
        """The names of the endpoints that are disabled."""
        ...
