"""The store of a server: opened at its start, written to in the background, closed at its end."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from sentivox.conversation.escalation import Escalation
from sentivox.errors import SentivoxError, StoreAway
from sentivox.protocol.events import Event
from sentivox.server.limits import StoreSettings, read_age
from sentivox.sinks.log import log
from sentivox.store.database import Database
from sentivox.store.deliveries import StoredDeliveries
from sentivox.store.gauges import StoreCollector
from sentivox.store.records import Source
from sentivox.store.sink import StoreSink
from sentivox.store.spill import Spill, default_folder
from sentivox.store.store import Store
from sentivox.store.texts import TEXT_FILTERS
from sentivox.store.writer import Writer

_TIDY_EVERY_S: Final = 3600.0

_DELIVERED_FOR: Final = timedelta(days=7)
"""How long a delivery of a webhook is kept once it has arrived, or was given up."""


class Keeping:
    """Keeps the conversations of a server.

    Args:
        settings: The operator's settings, with an address.
        erased: Called with the ids of sessions that were erased because of their age.

    Attributes:
        store: What is kept.
        writer: Takes what is to be kept.
        gauges: Its metrics.
        deliveries: Keeps deliveries of webhooks.
        escalation: The weights that tell how probable it is that a conversation escalates; None if
            the store holds none. Read at the start and every hour.

    Raises:
        StoreError: The address cannot be one of a store, or its spill folder cannot be used.
    """

    def __init__(
        self, settings: StoreSettings, erased: Callable[[list[str]], object] = lambda _: None
    ) -> None:
        self._database = Database.at(settings.store or "")
        folder = settings.store_spill or default_folder(self._database.file)
        self.writer = Writer(self._database, Spill(folder, settings.store_spill_bytes))
        self.store = Store(self._database, self.writer)
        self.deliveries = StoredDeliveries(self._database, later=self.writer.put)
        self.escalation: Escalation | None = None
        self.gauges = StoreCollector(self.writer)
        self._texts = TEXT_FILTERS[settings.store_text]
        self._keep = None if settings.keep is None else timedelta(seconds=read_age(settings.keep))
        self._erased = erased
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def state(self) -> Literal["open", "away"]:
        """Whether the database can be used now."""
        return "open" if self.writer.away is None else "away"

    async def start(self) -> None:
        """Open the store, and write in the background; a database that is away may come back.

        Raises:
            StoreError: The database refuses to be used, or its schema is not the one needed.
        """
        await self.writer.open()
        self._tasks.append(asyncio.create_task(self.writer.run()))
        self._tasks.append(asyncio.create_task(self._tidy()))

    async def stop(self) -> None:
        """Write what waits, and close the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.writer.close()
        await self._database.close()

    def sink(
        self,
        *,
        owner: str,
        source: Source,
        name: str | None = None,
        refused: Callable[[], object] = lambda: None,
    ) -> StoreSink:
        """A sink for the events of one session; see `StoreSink`."""
        return StoreSink(
            self.writer.put,
            texts=self._texts,
            owner=owner,
            source=source,
            name=name,
            refused=refused,
        )

    def put_all(self, events: Iterable[Event], *, owner: str, name: str) -> bool:
        """Take all events of an uploaded recording; returns False if there is no room for them."""
        sink = self.sink(owner=owner, source="upload", name=name)
        for event in events:
            sink.take(event)
        return not sink.was_refused

    async def _tidy(self) -> None:
        """Erase what is older than it may be, and read what was fitted, now and every hour."""
        while True:
            now = datetime.now(UTC)
            try:
                self.escalation = await self.store.escalation()
                await self.deliveries.forget_delivered(now - _DELIVERED_FOR)
                if self._keep is not None:
                    ids = await self.store.prune(now - self._keep)
                    self._erased(ids)
                    log("pruned", sessions=len(ids))
            except StoreAway:
                pass  # the writer has said so, and the next hour will do
            except SentivoxError as error:
                log("prune_failed", level=logging.ERROR, why=error)
            await asyncio.sleep(_TIDY_EVERY_S)
