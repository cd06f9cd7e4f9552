"""Delivers the messages of one endpoint, in tasks of its own: no endpoint waits for another."""

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from sentivox.outbound.failure import NoAnswer
from sentivox.webhooks.config import Endpoint
from sentivox.webhooks.delivery import Delivery, DeliveryLog, LogFull
from sentivox.webhooks.schedule import GONE, Attempt, Outcome, after

if TYPE_CHECKING:
    from sentivox.outbound.post import Post

CONCURRENCY: Final = 8
"""Most requests to an endpoint at a time."""

MAX_ARRIVING: Final = 500
"""Most deliveries that wait to be kept in the log, which take at most 10 MB."""

_POLL_S: Final = 10.0
"""Seconds after which the log is looked at again: another process may have changed it."""

_LOG_RETRY_S: Final = 1.0
"""Seconds after which the log is tried again when it has failed."""


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Wait until this time, in seconds since 1970."""
        ...


class Observer(Protocol):
    """Is told what becomes of deliveries. Its methods must neither block nor raise."""

    def outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Take the outcome of an attempt, with the delivery as it is after it."""
        ...

    def pending(self, endpoint: str, number: int) -> None:
        """Take the number of pending deliveries to an endpoint."""
        ...

    def log_failed(self, endpoint: str, error: Exception) -> None:
        """Take an error of the delivery log; the deliveries wait."""
        ...


class Lane:
    """The deliveries to one endpoint, from the event to the last attempt.

    Args:
        endpoint: The receiver.
        log: Keeps deliveries.
        post: Sends a request.
        clock: Tells the time.
        observer: Is told what becomes of deliveries.

    Attributes:
        endpoint: The receiver.
        quiet: Set while nothing is to be done now.
    """

    def __init__(
        self, endpoint: Endpoint, log: DeliveryLog, post: "Post", clock: Clock, observer: Observer
    ) -> None:
        self.endpoint = endpoint
        self.quiet = asyncio.Event()
        self._log = log
        self._post = post
        self._clock = clock
        self._observer = observer
        self._arriving: deque[Delivery] = deque()
        self._arrived = asyncio.Event()
        self._kept = asyncio.Event()
        self._disabled = False

    def put(self, delivery: Delivery) -> None:
        """Take a new delivery; without room it is dropped. Does not block."""
        if self._disabled:
            self._observer.outcome(delivery, "disabled")
        elif len(self._arriving) >= MAX_ARRIVING:
            self._observer.outcome(delivery, "dropped")
        else:
            self._arriving.append(delivery)
            self.quiet.clear()
            self._arrived.set()

    @property
    def unkept(self) -> int:
        """The number of deliveries that are not in the log yet."""
        return len(self._arriving)

    async def run(self) -> None:
        """Keep what arrives, and deliver what is due; never returns."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep())
            tasks.create_task(self._deliver())

    async def _keep(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._arriving:
                try:
                    await self._log.add(self._arriving[0])
                except LogFull:
                    self._observer.outcome(self._arriving[0], "dropped")
                except Exception as error:  # noqa: BLE001  (a database that is away)
                    self._observer.log_failed(self.endpoint.name, error)
                    await self._clock.sleep_until(self._clock.now() + _LOG_RETRY_S)
                    continue
                self._arriving.popleft()
                self._kept.set()

    async def _deliver(self) -> None:
        while True:
            self._kept.clear()
            try:
                again_at = await self._round()
            except Exception as error:  # noqa: BLE001  (a database that is away)
                self._observer.log_failed(self.endpoint.name, error)
                await self._clock.sleep_until(self._clock.now() + _LOG_RETRY_S)
                continue
            if again_at > self._clock.now():
                await self._idle(again_at)

    async def _round(self) -> float:
        """Attempt what is due; return when there may be more."""
        name = self.endpoint.name
        self._observer.pending(name, await self._log.pending(name))
        self._disabled = name in await self._log.disabled()
        if self._disabled:
            return self._clock.now() + _POLL_S
        next_ones = await self._log.due(name, float("inf"), CONCURRENCY)
        due = [delivery for delivery in next_ones if delivery.next_at <= self._clock.now()]
        if due:
            done = await asyncio.gather(*map(self._attempt, due), return_exceptions=True)
            if failed := [result for result in done if isinstance(result, BaseException)]:
                raise failed[0]
            return self._clock.now()
        return min([self._clock.now() + _POLL_S, *(d.next_at for d in next_ones)])

    async def _idle(self, until: float) -> None:
        """Wait until then, but not longer than until a delivery has been kept."""
        if not self._arriving and not self._kept.is_set():
            self.quiet.set()
        waits = [
            asyncio.ensure_future(self._clock.sleep_until(until)),
            asyncio.ensure_future(self._kept.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self.quiet.clear()

    async def _attempt(self, delivery: Delivery) -> None:
        now = self._clock.now()
        headers = self.endpoint.signer.headers(delivery.id, now, delivery.body)
        status = error = retry_after = None
        try:
            answer = await self._post(self.endpoint.target, delivery.body.encode(), headers)
        except NoAnswer as failure:
            error = str(failure)
        except Exception as failure:  # noqa: BLE001  (a bug must not end the lane)
            error = f"the request failed ({type(failure).__name__})"
        else:
            status, retry_after = answer.status, answer.headers.get("retry-after")
        attempt = Attempt(self._clock.now(), status, error, retry_after)
        tried, outcome = after(delivery, attempt, random.random())  # noqa: S311  (jitter)
        if status == GONE:
            await self._log.disable(self.endpoint.name)
        await self._log.update(tried)
        self._observer.outcome(tried, outcome)
