"""From an event to its receivers, through real sockets: retries, hostile receivers, restarts."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from standardwebhooks import Webhook

from sentivox.outbound.post import SafePost
from sentivox.webhooks.config import WebhookConfig, read_webhooks
from sentivox.webhooks.delivery import Delivery, DeliveryLog, LogFull
from sentivox.webhooks.dispatcher import Dispatcher
from sentivox.webhooks.lane import MAX_ARRIVING
from sentivox.webhooks.memory import MemoryDeliveryLog
from sentivox.webhooks.schedule import WAITS_S
from tests.outbound.receivers import (
    Behave,
    Request,
    answers,
    drips,
    floods,
    hangs,
    receiving,
    resets,
)
from tests.webhooks.made import SECRET, Seen, SetClock, configured, until

ENDED = "session.ended"


@asynccontextmanager
async def dispatching(
    config: WebhookConfig,
    log: DeliveryLog | None = None,
    clock: SetClock | None = None,
    grace_s: float = 0.0,
    **post: Any,
) -> AsyncGenerator[tuple[Dispatcher, Seen]]:
    """A dispatcher at work, with a clock that stands still unless it is set."""
    seen = Seen()
    dispatcher = Dispatcher(
        config.endpoints,
        MemoryDeliveryLog() if log is None else log,
        SafePost(config.allowed, **post),
        seen,
        SetClock() if clock is None else clock,
    )
    dispatcher.start()
    try:
        yield dispatcher, seen
    finally:
        await dispatcher.stop(grace_s)


def put(dispatcher: Dispatcher, number: int = 1) -> None:
    """Queue an event."""
    body = json.dumps({"type": ENDED, "data": {"session_id": f"s{number}"}})
    dispatcher.put(ENDED, f"s{number}", body, dispatcher.now())


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 300))


def verified(request: Request) -> Any:
    """The data of a request, as a receiver reads it with the official library."""
    return Webhook(SECRET).verify(request.body, request.headers)


def test_an_event_is_delivered_and_verified(tmp_path: Path) -> None:
    async def deliver() -> None:
        async with receiving(answers(200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.outcomes)
                assert seen.outcomes == [("crm", "delivered")]
                await until(lambda: seen.waiting["crm"] == 0)
        (request,) = receiver.requests
        assert request.line == "POST /crm HTTP/1.1"
        assert request.headers["content-type"] == "application/json"
        assert verified(request) == {"type": ENDED, "data": {"session_id": "s1"}}

    run(deliver())


def test_only_events_that_are_wanted_are_sent(tmp_path: Path) -> None:
    async def deliver() -> None:
        async with receiving(answers(200)) as receiver:
            config = configured(tmp_path, [ENDED], crm=receiver.port)
            async with dispatching(config) as (dispatcher, seen):
                assert [dispatcher.wants(kind) for kind in (ENDED, "alert.fired")] == [True, False]
                dispatcher.put("alert.fired", "s1", "{}", dispatcher.now())
                put(dispatcher)
                await until(lambda: seen.outcomes)
        assert [verified(request)["type"] for request in receiver.requests] == [ENDED]

    run(deliver())


def test_a_retry_has_the_same_id_and_a_signature_of_its_own(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock = SetClock()
        async with receiving(answers(500, 200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, clock=clock) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.of("crm") == ["failed"])
                assert seen.last["crm"].last_error == "status 500"
                clock.advance(6)
                await until(lambda: seen.of("crm") == ["failed", "delivered"])
        first, second = receiver.requests
        assert verified(first) == verified(second)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]

    run(deliver())


def test_after_seven_attempts_a_delivery_is_dead_until_it_is_retried(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock, log = SetClock(), MemoryDeliveryLog()
        async with receiving(answers(*[503] * 7, 200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, log, clock) as (dispatcher, seen):
                put(dispatcher)
                for attempt, wait in enumerate(WAITS_S[1:], 1):
                    await until(lambda n=attempt: len(seen.outcomes) == n)
                    waits = seen.last["crm"].next_at - clock.now()
                    assert 0.9 * wait <= waits + 1e-3
                    assert waits - 1e-3 <= 1.1 * wait
                    clock.advance(waits * 0.99)
                    await asyncio.sleep(0.05)
                    assert len(receiver.requests) == attempt  # not before its time
                    clock.advance(waits * 0.01 + 0.01)
                await until(lambda: len(seen.outcomes) == len(WAITS_S))
                assert seen.of("crm") == ["failed"] * 6 + ["dead"]
                (dead,) = await log.listed("dead")
                assert (dead.attempts, dead.last_status) == (7, 503)
                await log.retry(dead.id, clock.now())
                clock.advance(60)  # another process may have done it
                await until(lambda: seen.of("crm")[-1] == "delivered")
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1

    run(deliver())


def test_410_disables_an_endpoint_until_a_delivery_is_retried(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock, log = SetClock(), MemoryDeliveryLog()
        async with receiving(answers(410, 200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, log, clock) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.of("crm") == ["disabled"])
                await until(lambda: dispatcher._lanes[0]._disabled)
                put(dispatcher, 2)
                assert seen.of("crm") == ["disabled", "disabled"]
                assert await log.disabled() == {"crm"}
                (gone,) = await log.listed("dead")
                await log.retry(gone.id, clock.now())

                def looked_again() -> bool:
                    clock.advance(60)  # it may look just before the first of these
                    return seen.of("crm")[-1] == "delivered"

                await until(looked_again)
        assert [verified(r)["data"]["session_id"] for r in receiver.requests] == ["s1", "s1"]

    run(deliver())


def test_a_receiver_that_is_busy_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock = SetClock()
        async with receiving(answers(429, headers="Retry-After: 100\r\n")) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, clock=clock) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.outcomes)
                assert seen.last["crm"].next_at == clock.now() + 100

    run(deliver())


async def redirects(request: Request, writer: asyncio.StreamWriter) -> None:
    """Redirect to itself for ever."""
    await answers(307, headers=f"Location: http://{request.headers['host']}/\r\n")(request, writer)


HOSTILE: dict[str, tuple[Behave, str | None]] = {
    "hangs": (hangs, None),
    "slow headers": (drips, None),
    "1 GB": (floods([]), "delivered"),
    "redirect loop": (redirects, "failed"),
    "resets": (resets, "failed"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_receiver_delays_nobody_else(kind: str, tmp_path: Path) -> None:
    """It is never given up here: had others to wait for it, they would wait for ever."""
    behave, outcome = HOSTILE[kind]

    async def deliver() -> None:
        async with receiving(behave) as hostile, receiving(answers(200)) as good:
            config = configured(tmp_path, bad=hostile.port, good=good.port)
            async with dispatching(config, deadline_s=1e6) as (dispatcher, seen):
                for number in range(40):
                    put(dispatcher, number)
                await until(lambda: len(seen.of("good")) == 40)
                assert set(seen.of("good")) == {"delivered"}
                assert outcome is not None or seen.of("bad") == []
                if outcome is not None:
                    await until(lambda: len(seen.of("bad")) == 40)
                    assert set(seen.of("bad")) == {outcome}
                assert hostile.connections <= (40 if outcome else 8)

    run(deliver())


def test_a_bad_certificate_is_a_failure_like_any_other(tmp_path: Path) -> None:
    async def deliver() -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
        async with receiving(answers(200), tls) as receiver:
            configured(tmp_path, crm=receiver.port)
            file = tmp_path / "hooks.toml"
            file.write_text(file.read_text().replace("http://", "https://"))
            async with dispatching(read_webhooks(file)) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.of("crm") == ["failed"])
                assert "its certificate is not valid" in (seen.last["crm"].last_error or "")
                assert receiver.requests == []

    run(deliver())


def test_what_was_not_delivered_is_resumed_after_a_restart(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock, log = SetClock(), MemoryDeliveryLog()
        async with receiving(answers(500, 200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, log, clock) as (dispatcher, seen):
                put(dispatcher)
                await until(lambda: seen.outcomes)
            clock.advance(1000)
            async with dispatching(config, log, clock) as (_, seen):
                await until(lambda: seen.of("crm") == ["delivered"])
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1

    run(deliver())


def test_what_is_due_is_delivered_before_a_stop_but_not_for_long(tmp_path: Path) -> None:
    async def deliver() -> None:
        async with receiving(answers(200)) as good, receiving(hangs) as bad:
            config = configured(tmp_path, good=good.port)
            async with dispatching(config, grace_s=300) as (dispatcher, seen):
                for number in range(20):
                    put(dispatcher, number)
            assert len(good.requests) == 20
            assert seen.waiting == {"good": 0}
            async with dispatching(configured(tmp_path, bad=bad.port), grace_s=0.1) as (other, _):
                put(other)

    run(deliver())


class Failing(MemoryDeliveryLog):
    """A log whose database is away at first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.left = failures

    async def add(self, delivery: Delivery) -> None:
        self._fail()
        await super().add(delivery)

    async def due(self, endpoint: str, until: float, limit: int) -> Any:
        self._fail()
        return await super().due(endpoint, until, limit)

    async def update(self, delivery: Delivery) -> None:
        self._fail()
        await super().update(delivery)

    def _fail(self) -> None:
        if self.left:
            self.left -= 1
            raise OSError("the database is away")


def test_a_log_that_fails_loses_nothing(tmp_path: Path) -> None:
    async def deliver() -> None:
        clock, log = SetClock(), Failing(5)
        async with receiving(answers(200)) as receiver:
            config = configured(tmp_path, crm=receiver.port)
            async with dispatching(config, log, clock) as (dispatcher, seen):
                for number in range(3):
                    put(dispatcher, number)
                while len(seen.of("crm")) < 3:
                    clock.advance(5)
                    await asyncio.sleep(0.01)
                assert set(seen.of("crm")) == {"delivered"}
                assert [str(error) for _, error in seen.problems] == ["the database is away"] * 5
        assert {verified(r)["data"]["session_id"] for r in receiver.requests} == {"s0", "s1", "s2"}

    run(deliver())


def test_a_log_that_fails_for_ever_takes_bounded_memory(tmp_path: Path) -> None:
    async def deliver() -> None:
        async with dispatching(configured(tmp_path, crm=9), Failing(10**9)) as (dispatcher, seen):
            for number in range(MAX_ARRIVING + 7):
                put(dispatcher, number)
            assert seen.of("crm") == ["dropped"] * 7
            assert await dispatcher.stop(0) == {"crm": MAX_ARRIVING}

    run(deliver())


class Full(MemoryDeliveryLog):
    """A log without room."""

    async def add(self, delivery: Delivery) -> None:  # noqa: ARG002
        raise LogFull


def test_a_delivery_for_which_a_log_has_no_room_is_dropped(tmp_path: Path) -> None:
    async def deliver() -> None:
        async with dispatching(configured(tmp_path, crm=9), Full()) as (dispatcher, seen):
            put(dispatcher)
            await until(lambda: seen.of("crm") == ["dropped"])

    run(deliver())


def test_a_bug_in_a_request_costs_an_attempt(tmp_path: Path) -> None:
    class Broken:
        async def __call__(self, target: Any, body: bytes, headers: Any) -> Any:  # noqa: ARG002
            raise RuntimeError("whsec_secret")

    async def deliver() -> None:
        config, seen = configured(tmp_path, crm=9), Seen()
        dispatcher = Dispatcher(config.endpoints, MemoryDeliveryLog(), Broken(), seen, SetClock())
        dispatcher.start()
        put(dispatcher)
        await until(lambda: seen.of("crm") == ["failed"])
        assert seen.last["crm"].last_error == "the request failed (RuntimeError)"
        await dispatcher.stop(0)

    run(deliver())
