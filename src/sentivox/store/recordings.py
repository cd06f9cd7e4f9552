"""Stores recordings that a command analyses, each in one transaction."""

import asyncio
from types import TracebackType
from typing import Self

from sentivox.store.database import Database
from sentivox.store.records import AnyChange
from sentivox.store.sink import StoreSink
from sentivox.store.texts import TEXT_FILTERS, Texts
from sentivox.store.write import apply


class RecordingStore:
    """A store for a program without an event loop; a context manager.

    Args:
        address: `sqlite:///calls.db` or `postgresql://user@host/name`.
        texts: What is kept of transcripts.

    Raises:
        StoreError: The address cannot be one of a store.
    """

    def __init__(self, address: str, texts: Texts) -> None:
        self._database = Database.at(address)
        self._texts = TEXT_FILTERS[texts]
        self._runner = asyncio.Runner()
        self._changes: list[AnyChange] = []

    def __enter__(self) -> Self:
        """Open the store.

        Raises:
            StoreError: It cannot be used now.
        """
        try:
            self._runner.run(self._database.prepare())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def sink(self, name: str) -> StoreSink:
        """A sink for the events of the next recording, which has this name."""
        self._changes = []
        return StoreSink(self._put, texts=self._texts, owner="", source="recording", name=name)

    def save(self) -> None:
        """Write the recording whose events were taken.

        Raises:
            StoreError: It could not be written, and the store is as before.
        """
        self._runner.run(self._database.write(lambda c: apply(c, self._changes)))

    def _put(self, change: AnyChange) -> bool:
        self._changes.append(change)
        return True

    def _close(self) -> None:
        self._runner.run(self._database.close())
        self._runner.close()
