"""Delivers events to all endpoints, from a bounded amount of memory and beside all streams."""

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from sentivox.webhooks.config import Endpoint
from sentivox.webhooks.delivery import Delivery, DeliveryLog
from sentivox.webhooks.lane import Clock, Lane, Observer

if TYPE_CHECKING:
    from sentivox.outbound.post import Post


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep_until(self, at: float) -> None:
        """Wait until this time, in seconds since 1970."""
        await asyncio.sleep(max(0.0, at - time.time()))


class Dispatcher:
    """Turns each event into a delivery to every endpoint that wants it, and delivers them.

    Deliveries that the log still holds from an earlier run are resumed.

    Args:
        endpoints: The receivers.
        log: Keeps deliveries until they arrive.
        post: Sends a request.
        observer: Is told what becomes of deliveries.
        clock: Tells the time; by default the machine's.
    """

    def __init__(
        self,
        endpoints: tuple[Endpoint, ...],
        log: DeliveryLog,
        post: "Post",
        observer: Observer,
        clock: Clock | None = None,
    ) -> None:
        self._clock = SystemClock() if clock is None else clock
        self._lanes = [Lane(each, log, post, self._clock, observer) for each in endpoints]
        self._wanted = frozenset[str]().union(*(each.events for each in endpoints))
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start delivering; must be called on the event loop."""
        self._tasks = [asyncio.create_task(lane.run()) for lane in self._lanes]

    async def stop(self, grace_s: float) -> dict[str, int]:
        """Stop, after up to `grace_s` seconds in which what is due now is attempted.

        Returns:
            The number of deliveries to each endpoint that could not even be kept in the log.
        """
        waits = [asyncio.create_task(lane.quiet.wait()) for lane in self._lanes]
        await asyncio.wait(waits, timeout=grace_s)
        for task in (*waits, *self._tasks):
            task.cancel()
        await asyncio.gather(*waits, *self._tasks, return_exceptions=True)
        return {lane.endpoint.name: lane.unkept for lane in self._lanes}

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock.now()

    def wants(self, event_type: str) -> bool:
        """Whether any endpoint gets events of this type."""
        return event_type in self._wanted

    def put(self, event_type: str, session_id: str, body: str, at: float) -> None:
        """Queue an event for all endpoints that want it. Does not block.

        Args:
            event_type: Type of the event.
            session_id: Session that it belongs to.
            body: JSON to send.
            at: When it happened, in seconds since 1970.
        """
        for lane in self._lanes:
            if event_type in lane.endpoint.events:
                lane.put(
                    Delivery(
                        id=f"msg_{uuid4().hex}",
                        endpoint=lane.endpoint.name,
                        event_type=event_type,
                        session_id=session_id,
                        body=body,
                        created=at,
                        next_at=at,
                    )
                )
