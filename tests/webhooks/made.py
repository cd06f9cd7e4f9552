"""Configurations, secrets and deliveries as tests need them, and a clock that they set."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sentivox.webhooks.config import WebhookConfig, read_webhooks
from sentivox.webhooks.delivery import Delivery
from sentivox.webhooks.payloads import EVENT_TYPES
from sentivox.webhooks.schedule import Outcome

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_" + "c2VudGl2b3g" * 4


def configured(folder: Path, events: Sequence[str] = EVENT_TYPES, **ports: int) -> WebhookConfig:
    """Receivers on these ports of this machine, by name."""
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    lines = ["allow_http = true", 'allow_hosts = ["127.0.0.1"]']
    for name, port in ports.items():
        lines += [
            "[[endpoint]]",
            f'name = "{name}"',
            f'url = "http://127.0.0.1:{port}/{name}"',
            f"events = {list(events)}",
            f'secret_file = "{secret}"',
        ]
    path = folder / "hooks.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_webhooks(path)


def delivery(name: str = "one", **fields: Any) -> Delivery:
    """A delivery with these fields."""
    given: dict[str, Any] = {
        "id": f"msg_{name}",
        "endpoint": "crm",
        "event_type": "session.ended",
        "session_id": "s",
        "body": "{}",
        "created": 100.0,
        "next_at": 100.0,
    }
    return Delivery(**{**given, **fields})


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self._now = time.time()
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    async def sleep_until(self, at: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((at, woken))
        self.advance(0)
        await woken.wait()

    def advance(self, seconds: float) -> None:
        """Let this much time pass."""
        self._now += seconds
        for until, woken in self._sleepers:
            if until <= self._now:
                woken.set()


class Seen:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, Outcome]] = []
        self.last: dict[str, Delivery] = {}
        self.problems: list[tuple[str, Exception]] = []
        self.waiting: dict[str, int] = {}

    def outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        self.outcomes.append((delivery.endpoint, outcome))
        self.last[delivery.endpoint] = delivery

    def pending(self, endpoint: str, number: int) -> None:
        self.waiting[endpoint] = number

    def log_failed(self, endpoint: str, error: Exception) -> None:
        self.problems.append((endpoint, error))

    def of(self, endpoint: str) -> list[Outcome]:
        """The outcomes of an endpoint."""
        return [outcome for name, outcome in self.outcomes if name == endpoint]


async def until(condition: Callable[[], object]) -> None:
    """Wait until something becomes true; a test that waits in vain fails."""
    async with asyncio.timeout(300):
        while not condition():  # noqa: ASYNC110  (conditions of all kinds)
            await asyncio.sleep(0.005)
