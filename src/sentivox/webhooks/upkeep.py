"""Looks after deliveries from outside the server: what waits, what was given up, and once more."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sentivox.errors import SentivoxError
from sentivox.webhooks.delivery import Delivery, DeliveryLog, Status
from sentivox.webhooks.payloads import timestamp


async def rows(log: DeliveryLog, status: Status | None = None) -> list[dict[str, Any]]:
    """Deliveries as JSON has them, without their bodies, which may hold transcripts.

    Args:
        log: The log.
        status: Status of the deliveries; None for all.
    """
    return [_row(delivery) for delivery in await log.listed(status)]


async def retry(log: DeliveryLog, ids: Sequence[str], at: float) -> None:
    """Make deliveries pending again, or all dead ones, and enable their endpoints.

    A server that is running takes them up within a minute.

    Args:
        log: The log.
        ids: Identifiers of deliveries; none for all that are dead.
        at: When they are due, in seconds since 1970.

    Raises:
        SentivoxError: There is no such delivery; those before it are pending by then.
    """
    for delivery_id in ids or [delivery.id for delivery in await log.listed("dead")]:
        if await log.retry(delivery_id, at) is None:
            raise SentivoxError(f"there is no delivery {delivery_id}: webhooks list has them all")


def _row(delivery: Delivery) -> dict[str, Any]:
    fields = asdict(delivery)
    del fields["body"]
    waits = delivery.status == "pending"
    times = {
        "created": timestamp(delivery.created),
        "next_at": timestamp(delivery.next_at) if waits else None,
    }
    return fields | times
