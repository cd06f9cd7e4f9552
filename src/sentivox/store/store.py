"""A store of conversations: what the server and the commands do with one."""

from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection

from sentivox.conversation.escalation import Escalation
from sentivox.conversation.groups import Group
from sentivox.errors import StoreAway
from sentivox.store import change, fitted, read, retelling, trend
from sentivox.store.database import Database
from sentivox.store.filters import Cursor, SessionFilter
from sentivox.store.names import Place
from sentivox.store.read import Kept, Listed
from sentivox.store.trend import By
from sentivox.store.writer import Writer

T = TypeVar("T")

AT_A_TIME: Final = 50
"""Sessions that an export reads, or a removal erases, in one transaction."""


class Store:
    """Conversations in a database.

    `owner` is always the holder of a token, whose sessions alone count; None stands for all.
    Every method may raise StoreAway, if the database does not answer now, and StoreError, if it
    refuses to be used.

    Args:
        database: The database, whose schema is the latest.
        writer: What writes to it in the background; None if nothing does.
    """

    def __init__(self, database: Database, writer: Writer | None = None) -> None:
        self._database = database
        self._writer = writer

    async def page(
        self,
        wanted: SessionFilter,
        owner: str | None,
        *,
        limit: int,
        after: Cursor | None = None,
    ) -> tuple[list[Listed], Cursor | None]:
        """A page of sessions, newest first, and the cursor of the next page, if there is one."""

        def work(connection: Connection) -> tuple[list[Listed], Cursor | None]:
            return read.page(connection, wanted, owner, limit=limit, after=after)

        return await self._database.read(work)

    async def trend(self, wanted: SessionFilter, owner: str | None, by: By) -> list[Group]:
        """The mean mood of the sessions that the filter wants, by day, tag or speaker."""
        return await self._database.read(
            lambda connection: trend.trend(connection, wanted, owner, by)
        )

    async def size(self) -> tuple[int, int]:
        """The number of sessions and of utterances."""
        return await self._database.read(read.size)

    async def kept(self, session_id: str, owner: str | None) -> Kept | None:
        """All that is kept of a session; None if there is none that this owner may see."""

        def work(connection: Connection) -> Kept | None:
            key = read.find(connection, session_id, owner)
            return None if key is None else read.kept(connection, key)

        return await self._database.read(work)

    async def export(self, wanted: SessionFilter, owner: str | None) -> AsyncGenerator[Kept]:
        """All sessions that the filter wants, newest first, one at a time."""
        after: Cursor | None = None
        while True:
            listed, after = await self.page(wanted, owner, limit=AT_A_TIME, after=after)
            for one in listed:
                kept = await self.kept(one.id, owner)
                if kept is not None:  # it may have been erased since
                    yield kept
            if after is None:
                return

    async def escalation(self) -> Escalation | None:
        """The weights that tell how probable it is that a conversation escalates, if any."""
        return await self._database.read(fitted.escalation)

    async def set_escalation(self, weights: Escalation | None) -> None:
        """Replace those weights; None removes them."""
        await self._database.write(lambda c: fitted.set_escalation(c, weights))

    async def describe(
        self,
        session_id: str,
        owner: str | None,
        *,
        tags: Iterable[str] | None = None,
        note: str | None = None,
        names: dict[Place, str] | None = None,
    ) -> bool:
        """Replace a session's tags and note, and give names; what is None stays as it is.

        Args:
            session_id: The session.
            owner: See the class.
            tags: Its tags.
            note: Its note; an empty one removes it.
            names: Names for channels and speakers; an empty one takes a given name back.

        Returns:
            False if there is no such session that this owner may see.
        """

        def work(connection: Connection) -> bool:
            key = read.find(connection, session_id, owner)
            if key is None:
                return False
            if tags is not None:
                change.set_tags(connection, key, tags)
            if note is not None:
                change.set_note(connection, key, note)
            if names is not None:
                change.set_names(connection, key, names, read.kept(connection, key).names)
                retelling.retell(connection, key)
            return True

        return await self._database.write(work)

    async def correct(
        self,
        session_id: str,
        owner: str | None,
        place: tuple[int, int],
        *,
        label: str | None,
        author: str,
    ) -> bool:
        """Set a person's label for an utterance, or take it back if it is None.

        `place` is the utterance's channel, from 0, and its id.

        Returns:
            False if there is no such utterance that this owner may see.
        """

        def work(connection: Connection) -> bool:
            key = read.find(connection, session_id, owner)
            return key is not None and change.set_label(connection, key, place, label, author)

        return await self._database.write(work)

    async def erase(self, session_id: str, owner: str | None) -> bool:
        """Erase a session; returns False if there is none that this owner may see."""

        def work(connection: Connection) -> list[str]:
            key = read.find(connection, session_id, owner)
            return [] if key is None else change.erase(connection, [key])

        erased = await self._forget(work)
        if erased:
            await self._database.scrub()
        return bool(erased)

    async def erase_tagged(self, tag: str, owner: str | None) -> list[str]:
        """Erase all sessions with this tag; returns their ids."""
        return await self._erase_all(
            lambda connection: change.tagged(connection, tag, owner, AT_A_TIME)
        )

    async def prune(self, before: datetime) -> list[str]:
        """Erase all sessions that began before this time; returns their ids."""
        return await self._erase_all(
            lambda connection: change.older_than(connection, before, AT_A_TIME)
        )

    async def _erase_all(self, some: Callable[[Connection], list[int]]) -> list[str]:
        """Erase what `some` finds, which are a few keys at a time, until it finds none."""
        erased: list[str] = []
        while True:
            ids = await self._forget(lambda connection: change.erase(connection, some(connection)))
            if not ids:
                break
            erased += ids
        if erased:
            await self._database.scrub()
        return erased

    async def _forget(self, work: Callable[[Connection], list[str]]) -> list[str]:
        """Erase sessions, once nothing of them waits to be written."""
        if self._writer is not None and not await self._writer.flush():
            raise StoreAway(
                f"{self._database.shown} is away, and parts of sessions wait for it; try again"
            )
        return await self._database.write(work)
