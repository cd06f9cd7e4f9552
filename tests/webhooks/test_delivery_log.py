"""What any delivery log has to do."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.store.database import Database
from sentivox.store.deliveries import StoredDeliveries
from sentivox.webhooks.delivery import DeliveryLog, LogFull
from sentivox.webhooks.memory import MemoryDeliveryLog
from tests.store.conftest import NUMBERS, within
from tests.store.postgres import Postgres
from tests.webhooks.made import delivery

Using = Callable[[DeliveryLog], Coroutine[Any, Any, None]]
LOGS = ["memory", "sqlite", "postgresql"]


@pytest.fixture(params=LOGS)
def use(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Using], None]:
    """Runs something with a new log of each kind."""
    if request.param == "memory":
        return lambda using: asyncio.run(using(MemoryDeliveryLog()))
    address = f"sqlite:///{tmp_path}/calls.db"
    if request.param == "postgresql":
        cluster: Postgres = request.getfixturevalue("cluster")
        address = cluster.create(f"deliveries{next(NUMBERS)}")

    async def stored(database: Database, using: Using) -> None:
        await database.prepare()
        await using(StoredDeliveries(database))

    return lambda using: within(address, lambda database: stored(database, using))


def test_what_is_due_comes_in_order_and_by_endpoint(use: Callable[[Using], None]) -> None:
    async def using(log: DeliveryLog) -> None:
        for name, endpoint, at in (
            ("late", "crm", 300.0),
            ("first", "crm", 100.0),
            ("second", "crm", 200.0),
            ("other", "bell", 50.0),
        ):
            await log.add(delivery(name, endpoint=endpoint, next_at=at))
        due = await log.due("crm", 200.0, 10)
        assert [d.id for d in due] == ["msg_first", "msg_second"]
        assert [d.id for d in await log.due("crm", float("inf"), 1)] == ["msg_first"]
        assert await log.due("nobody", float("inf"), 10) == []
        assert [await log.pending(name) for name in ("crm", "bell", "nobody")] == [3, 1, 0]

    use(using)


def test_a_delivery_is_kept_once(use: Callable[[Using], None]) -> None:
    async def using(log: DeliveryLog) -> None:
        await log.add(delivery(attempts=3))
        await log.add(delivery())
        (kept,) = await log.due("crm", float("inf"), 10)
        assert kept == delivery(attempts=3)

    use(using)


def test_what_has_ended_is_due_no_more(use: Callable[[Using], None]) -> None:
    async def using(log: DeliveryLog) -> None:
        for name in ("done", "given-up", "waiting"):
            await log.add(delivery(name))
        await log.update(delivery("done", status="delivered", attempts=1))
        dead = delivery("given-up", status="dead", attempts=7, last_status=500, last_error="no")
        await log.update(dead)
        await log.update(delivery("waiting", attempts=1, next_at=500.0))
        assert [d.id for d in await log.due("crm", float("inf"), 10)] == ["msg_waiting"]
        assert await log.due("crm", 499.0, 10) == []
        assert await log.listed("dead") == [dead]
        assert {d.id for d in await log.listed()} >= {"msg_given-up", "msg_waiting"}

    use(using)


def test_a_dead_delivery_is_retried_and_its_endpoint_enabled(use: Callable[[Using], None]) -> None:
    async def using(log: DeliveryLog) -> None:
        await log.add(delivery())
        await log.update(delivery(status="dead", attempts=7, last_error="no"))
        await log.disable("crm")
        await log.disable("bell")
        assert await log.disabled() == {"crm", "bell"}
        again = await log.retry("msg_one", 900.0)
        assert again is not None
        assert (again.status, again.attempts, again.next_at) == ("pending", 0, 900.0)
        assert await log.due("crm", 900.0, 10) == [again]
        assert await log.listed("dead") == []
        assert await log.disabled() == {"bell"}
        assert await log.retry("msg_unknown", 900.0) is None

    use(using)


def test_each_endpoint_has_its_own_room_in_memory() -> None:
    async def fill() -> None:
        log = MemoryDeliveryLog(max_pending=2)
        for name in "ab":
            await log.add(delivery(name))
        with pytest.raises(LogFull):
            await log.add(delivery("c"))
        await log.add(delivery("d", endpoint="bell"))
        await log.update(delivery("a", status="delivered"))
        await log.add(delivery("c"))
        assert await log.pending("crm") == 2

    asyncio.run(fill())


@given(st.lists(st.integers(0, 300), max_size=300))
def test_memory_keeps_few_dead_ones(numbers: list[int]) -> None:
    async def bury() -> None:
        log = MemoryDeliveryLog()
        for number in numbers:
            await log.update(delivery(str(number), status="dead", created=float(number)))
        assert len(await log.listed()) == min(len(numbers), 100)

    asyncio.run(bury())
