"""Write-behind: takes changes at once, and writes them to the database in batches.

While the database is away or slow, batches go to a file (`store.spill`), and from there to the
database once it is back. Nothing is lost but what a killed process took within its last interval.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from sentivox.errors import StoreAway, StoreError
from sentivox.sinks.log import log
from sentivox.store.database import Database
from sentivox.store.failures import BadChange
from sentivox.store.records import AnyChange
from sentivox.store.spill import Spill
from sentivox.store.write import apply

INTERVAL_S: Final = 0.5
"""Seconds between batches."""

BATCH: Final = 100
"""Most changes in one transaction: about 50 ms of work, in steps between which others run."""

PATIENCE_S: Final = 0.1
"""Seconds that a batch may take before what waits goes to the file as well."""

APPLY_S: Final = 10.0
"""Seconds after which a database that does not finish a batch is taken to be away."""

RETRY_S: Final = 2.0
"""Seconds between attempts to reach a database that is away."""

MOST_WAITING: Final = 20_000
"""Most changes in memory, about 40 MB: more than arrive while a batch is tried in vain."""


class Writer:
    """Writes changes to a database in the background.

    Args:
        database: Where they go.
        spill: Holds them while the database is away.
        interval_s: Seconds between batches.
        retry_s: Seconds between attempts to reach a database that is away.

    Attributes:
        away: Why the database cannot be used now; None if it can.
        written: Number of changes written to the database.
        refused: Number of changes not taken, for lack of room.
        rejected: Number of changes that the database does not take, which are in a file.
    """

    def __init__(
        self,
        database: Database,
        spill: Spill,
        *,
        interval_s: float = INTERVAL_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self.away: str | None = None
        self.written = 0
        self.refused = 0
        self.rejected = 0
        self._database = database
        self._spill = spill
        self._interval_s = interval_s
        self._retry_s = retry_s
        self._waiting: list[AnyChange] = []
        self._writing: list[AnyChange] = []  # the batch in progress
        self._retry_at = 0.0
        self._batch: list[AnyChange] = []  # what was in memory when the attempt in progress began
        self._copied = 0  # bytes in the file that are that batch
        self._turn = asyncio.Lock()
        self._securing = asyncio.Lock()
        self._late: asyncio.Task[None] | None = None  # the latest batch, which may outlast APPLY_S
        self._ready = False  # whether the schema was seen to be right

    @property
    def waiting(self) -> int:
        """Number of changes that are neither in the database nor in the file."""
        return len(self._waiting) + len(self._writing)

    @property
    def spilled_bytes(self) -> int:
        """Bytes in the file that waits for the database."""
        return self._spill.size

    async def open(self) -> None:
        """Prepare the database; one that is away now will be prepared when it is back.

        Raises:
            StoreError: It refuses to be used, or its schema is not the one needed.
        """
        try:
            await self._database.prepare()
        except StoreAway as error:
            self._failed(error)
        else:
            self._ready = True

    def put(self, change: AnyChange) -> bool:
        """Take a change; returns False, and forgets it, if there is no room for it."""
        if self._spill.full or len(self._waiting) >= MOST_WAITING:
            self.refused += 1
            return False
        self._waiting.append(change)
        return True

    async def run(self) -> None:
        """Write batches until cancelled; begins with what dead processes have left."""
        await self.recover()
        while True:
            await self.flush()
            await asyncio.sleep(self._interval_s)

    async def recover(self) -> None:
        """Take over what dead processes have left in files; it is written with the next batch."""
        try:
            adopted = await asyncio.to_thread(self._spill.adopt)
        except OSError as error:  # it stays where it is, for the next start
            log("store_not_recovered", level=logging.ERROR, error=error.strerror)
            return
        if adopted:
            log("store_recovered", level=logging.WARNING, files=adopted, bytes=self._spill.size)

    async def flush(self) -> bool:
        """Write what waits now; returns whether all of it is in the database.

        While the database takes its time, what is not written yet goes to the file, so that it is
        safe.
        """
        async with self._turn:
            done = await self._attempt()
            while done and not self._spill.empty:  # what came while the database took its time
                done = await self._attempt()
            return done

    async def close(self) -> None:
        """Write what waits, to the database or else to the file."""
        if self._late is not None:
            await asyncio.wait({self._late}, timeout=APPLY_S)
        await self.flush()
        if self.waiting:
            log("store_lost", level=logging.ERROR, changes=self.waiting)
        await asyncio.to_thread(self._spill.close)

    def _put_back(self) -> None:
        self._waiting, self._writing = [*self._writing, *self._waiting], []

    async def _attempt(self) -> bool:
        """Write what waits, to the database or, if that takes its time, to the file meanwhile."""
        attempt = asyncio.create_task(self._drain())
        try:
            while not (await asyncio.wait({attempt}, timeout=PATIENCE_S))[0]:
                await self._secure()
            return attempt.result()
        finally:
            attempt.cancel()  # if this flush was
            await asyncio.gather(attempt, return_exceptions=True)
            self._put_back()

    async def _drain(self) -> bool:
        """Write what is in memory and in the file; returns whether nothing is left."""
        self._put_back()
        batch = self._batch = self._writing = self._waiting
        self._waiting, self._copied = [], 0
        if self._spill.empty and await self._write(batch):
            if self._writing is batch:
                self._writing = []
            if self._copied:  # it took its time
                await asyncio.to_thread(self._spill.advance, self._copied)
        elif not await self._secure():
            return False
        return await self._replay()

    async def _secure(self) -> bool:
        """Move what is in memory to the file; False if its disk is full too, and it stays."""
        async with self._securing:
            try:
                if self._writing:
                    is_batch = self._writing is self._batch
                    await asyncio.to_thread(self._spill.append, self._writing)
                    self._writing = []
                    if is_batch:
                        self._copied = self._spill.size
                if self._waiting:
                    self._writing, self._waiting = self._waiting, []
                    await asyncio.to_thread(self._spill.append, self._writing)
                    self._writing = []
            except OSError as error:
                log("store_spill_failed", level=logging.ERROR, error=error.strerror)
                return False
            return True

    async def _replay(self) -> bool:
        """Move what is in the file to the database; returns whether nothing is left."""
        while not self._spill.empty:
            changes, position = await asyncio.to_thread(self._spill.peek, BATCH)
            if not await self._write(changes):
                return False
            await asyncio.to_thread(self._spill.advance, position)
        return True

    async def _write(self, changes: Sequence[AnyChange]) -> bool:
        """Write changes to the database; False if it is away."""
        if self.away is not None and asyncio.get_running_loop().time() < self._retry_at:
            return False
        if self._late is not None and not self._late.done():
            return False  # it may be written yet, and must not undo what comes after it
        try:
            if not self._ready:
                await self._database.prepare()
                self._ready = True
            for at in range(0, len(changes), BATCH):
                await self._apply(changes[at : at + BATCH])
        except StoreError as error:
            self._failed(error)
            return False
        if self.away is not None:
            log("store_back")
        self.away = None
        return True

    def _failed(self, error: StoreError) -> None:
        self._retry_at = asyncio.get_running_loop().time() + self._retry_s
        if self.away is None:
            log("store_away", level=logging.WARNING, why=error)
        self.away = str(error)

    async def _apply(self, changes: Sequence[AnyChange]) -> None:
        """Write one batch in a transaction, or each change alone if one of them is bad."""
        writing = asyncio.create_task(
            self._database.write(lambda connection: apply(connection, changes))
        )
        self._late = writing
        if not (await asyncio.wait({writing}, timeout=APPLY_S))[0]:
            raise StoreError(f"{self._database.shown} takes longer than {APPLY_S:g} s")
        try:
            writing.result()
        except BadChange as error:
            if len(changes) == 1:
                log(
                    "store_rejected",
                    level=logging.ERROR,
                    session=changes[0].session_id,
                    why=error,
                )
                self.rejected += 1
                await asyncio.to_thread(self._spill.reject, changes[0], str(error))
                return
            for change in changes:
                await self._apply([change])
        else:
            self.written += len(changes)
