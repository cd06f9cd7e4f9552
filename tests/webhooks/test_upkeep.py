"""Deliveries as an operator looks after them."""

import asyncio

import pytest

from sentivox.errors import SentivoxError
from sentivox.webhooks.memory import MemoryDeliveryLog
from sentivox.webhooks.upkeep import retry, rows
from tests.webhooks.made import delivery

DEAD = delivery("dead", status="dead", attempts=7, last_status=500, last_error="status 500")
OTHER = delivery("other", status="dead", attempts=1, last_status=410, last_error="status 410")


async def filled() -> MemoryDeliveryLog:
    log = MemoryDeliveryLog()
    await log.add(delivery("waiting", created=90.0, next_at=95.5, body='{"secret": "words"}'))
    for one in (DEAD, OTHER):
        await log.update(one)
    return log


def test_rows_say_what_waits_and_what_was_given_up_but_no_words() -> None:
    async def look() -> None:
        log = await filled()
        waiting, dead, _ = await rows(log)
        assert waiting == {
            "id": "msg_waiting", "endpoint": "crm", "event_type": "session.ended",
            "session_id": "s", "created": "1970-01-01T00:01:30.000Z", "attempts": 0,
            "next_at": "1970-01-01T00:01:35.500Z", "status": "pending", "last_status": None,
            "last_error": None,
        }  # fmt: skip
        assert (dead["id"], dead["next_at"], dead["last_error"]) == ("msg_dead", None, "status 500")
        assert [row["id"] for row in await rows(log, "dead")] == ["msg_dead", "msg_other"]

    asyncio.run(look())


def test_one_or_all_that_are_dead_are_retried() -> None:
    async def again() -> None:
        log = await filled()
        await retry(log, ["msg_other"], 500.0)
        assert [d.id for d in await log.listed("dead")] == ["msg_dead"]
        await retry(log, [], 600.0)
        assert await log.listed("dead") == []
        due = await log.due("crm", 600.0, 9)
        assert [d.id for d in due] == ["msg_waiting", "msg_other", "msg_dead"]

    asyncio.run(again())


def test_a_delivery_that_there_is_not_is_told() -> None:
    async def again() -> None:
        with pytest.raises(SentivoxError, match="there is no delivery msg_x: webhooks list"):
            await retry(await filled(), ["msg_x"], 500.0)

    asyncio.run(again())
