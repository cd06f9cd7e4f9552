"""Deliveries of webhooks in a store, so that they outlive the server."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, delete, func, select, update

from sentivox.errors import StoreAway
from sentivox.store.database import Database
from sentivox.store.inserting import insert
from sentivox.store.records import AnyChange, Owed
from sentivox.store.schema import delivery as deliveries
from sentivox.store.schema import disabled_endpoint
from sentivox.store.write import delivery_row, when
from sentivox.webhooks.delivery import Delivery, LogFull, Status

T = TypeVar("T")

MAX_PENDING: Final = 20_000
"""Most pending deliveries to an endpoint, which take at most 400 MB."""


class StoredDeliveries:
    """Implements `DeliveryLog` in a database.

    Its methods may raise StoreAway and StoreError.

    Args:
        database: The database, whose schema is the latest.
        max_pending: Most pending deliveries to an endpoint.
        later: Takes a new delivery while the database is away, and returns whether it has room.
    """

    def __init__(
        self,
        database: Database,
        max_pending: int = MAX_PENDING,
        *,
        later: Callable[[AnyChange], bool] = lambda _: False,
    ) -> None:
        self._database = database
        self._max_pending = max_pending
        self._later = later

    async def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; raises LogFull if its endpoint has no room left."""

        def work(connection: Connection) -> bool:
            if _pending(connection, delivery.endpoint) >= self._max_pending:
                return False
            connection.execute(
                insert(connection, deliveries).on_conflict_do_nothing(), delivery_row(delivery)
            )
            return True

        try:
            kept = await self._database.write(work)
        except StoreAway:
            owed = Owed(session_id=delivery.session_id, delivery=delivery)
            if not self._later(owed):
                raise
        else:
            if not kept:
                raise LogFull

    async def due(self, endpoint: str, until: float, limit: int) -> Sequence[Delivery]:
        """The pending deliveries to an endpoint with `next_at` up to `until`, by `next_at`."""
        chosen = select(deliveries).where(
            deliveries.c.endpoint == endpoint, deliveries.c.status == "pending"
        )
        if until < datetime.max.replace(tzinfo=UTC).timestamp():
            chosen = chosen.where(deliveries.c.next_at <= when(until))
        chosen = chosen.order_by(deliveries.c.next_at).limit(limit)
        return await self._database.read(
            lambda connection: [_of(r) for r in connection.execute(chosen)]
        )

    async def update(self, delivery: Delivery) -> None:
        """Replace the delivery with this id."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id)
                .values(delivery_row(delivery))
            )

        await self._database.write(work)

    async def pending(self, endpoint: str) -> int:
        """The number of pending deliveries to an endpoint."""
        return await self._database.read(lambda connection: _pending(connection, endpoint))

    async def listed(self, status: Status | None = None) -> Sequence[Delivery]:
        """Deliveries of a status, or all that are kept, by `created`."""
        chosen = select(deliveries).order_by(deliveries.c.created)
        if status is not None:
            chosen = chosen.where(deliveries.c.status == status)
        return await self._database.read(
            lambda connection: [_of(r) for r in connection.execute(chosen)]
        )

    async def retry(self, delivery_id: str, at: float) -> Delivery | None:
        """Make a delivery pending again, as if it were new, and enable its endpoint."""

        def work(connection: Connection) -> Delivery | None:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery_id)
                .values(status="pending", attempts=0, next_at=when(at))
            )
            row = connection.execute(
                select(deliveries).where(deliveries.c.id == delivery_id)
            ).first()
            if row is None:
                return None
            connection.execute(
                delete(disabled_endpoint).where(disabled_endpoint.c.endpoint == row.endpoint)
            )
            return _of(row)

        return await self._database.write(work)

    async def disable(self, endpoint: str) -> None:
        """Note that an endpoint wants no more deliveries."""

        def work(connection: Connection) -> None:
            new = {"endpoint": endpoint, "since": datetime.now(UTC)}
            connection.execute(insert(connection, disabled_endpoint).on_conflict_do_nothing(), new)

        await self._database.write(work)

    async def disabled(self) -> frozenset[str]:
        """The names of the endpoints that are disabled."""
        chosen = select(disabled_endpoint.c.endpoint)
        return await self._database.read(
            lambda connection: frozenset(connection.execute(chosen).scalars())
        )

    async def forget_delivered(self, before: datetime) -> None:
        """Remove what was delivered, or given up, and happened before this time."""

        def work(connection: Connection) -> None:
            over = deliveries.c.status != "pending"
            connection.execute(delete(deliveries).where(over, deliveries.c.created < before))

        await self._database.write(work)


def _pending(connection: Connection, endpoint: str) -> int:
    waits = (deliveries.c.endpoint == endpoint, deliveries.c.status == "pending")
    return connection.execute(
        select(func.count()).select_from(deliveries).where(*waits)
    ).scalar_one()


def _of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        endpoint=row.endpoint,
        event_type=row.event_type,
        session_id=row.session_id,
        body=row.body,
        created=row.created.timestamp(),
        attempts=row.attempts,
        next_at=row.next_at.timestamp(),
        status=row.status,
        last_status=row.last_status,
        last_error=row.last_error,
    )
