"""Which recordings are taken in at a time, which are analysed, and how they are ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import HTTPException

from sentivox.server.admission.limits import Slots
from sentivox.server.admission.sessions import Owner
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log

RETRY_S = "5"


class Admission:
    """One upload's stay: it may be ended from outside, with what its client is then told.

    Args:
        scope: Ends the stay when its time is set.
        slots: Of which it has one.
    """

    def __init__(self, scope: asyncio.Timeout, slots: "UploadSlots") -> None:
        self.answer: HTTPException | None = None
        self.stored = 0
        self._scope = scope
        self._slots = slots

    def end(self, answer: HTTPException) -> None:
        """Stop whatever is done for it, and answer so."""
        if self.answer is None and not self._scope.expired():
            self.answer = answer
            self._scope.reschedule(asyncio.get_running_loop().time())

    def store(self, size: int) -> None:
        """So many more bytes of it go to the disk.

        Raises:
            HTTPException: 503, there are too many there.
        """
        self._slots.store(size)
        self.stored += size


class UploadSlots:
    """Recordings on their way.

    One is admitted before it is sent, and waits for its turn to be analysed once it is here: who
    sends slowly keeps nobody from being heard.

    Args:
        settings: How many.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.turns = asyncio.Semaphore(settings.max_uploads)
        self._settings = settings
        self._admitted: set[Admission] = set()
        self._by_address = Slots(settings.max_per_address)
        self._by_holder = Slots(settings.max_per_token)
        self._stored = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._admitted)

    @asynccontextmanager
    async def admitted(self, owner: Owner) -> AsyncGenerator[Admission]:
        """A slot for as long as the context lasts.

        Raises:
            HTTPException: 503, they are all taken; or whatever the stay is ended with.
        """
        self._refuse(owner)
        self._by_address.take(owner.address)
        self._by_holder.take(owner.holder)
        admission = None
        try:
            async with asyncio.timeout(None) as scope:
                admission = Admission(scope, self)
                self._admitted.add(admission)
                yield admission
        except TimeoutError:
            if admission is None or admission.answer is None:
                raise
            raise admission.answer from None
        finally:
            self._by_address.leave(owner.address)
            self._by_holder.leave(owner.holder)
            if admission is not None:
                self._admitted.discard(admission)
                self._stored -= admission.stored

    def close(self) -> None:
        """Admit no more, and end those that are here: the server is shutting down."""
        self._closed = True
        for admission in self._admitted:
            admission.end(_going())

    def store(self, size: int) -> None:
        """So many more bytes go to the disk.

        Raises:
            HTTPException: 503, there are too many there.
        """
        if self._stored + size > self._settings.max_stored_bytes:
            log("no_room", stored=self._stored)
            raise _busy("this server cannot take any more recordings")
        self._stored += size

    def _refuse(self, owner: Owner) -> None:
        if self._closed:
            raise _going()
        if len(self._admitted) >= self._settings.max_bodies:
            raise _busy("busy with other recordings")
        if not self._by_address.free(owner.address):
            raise _busy("busy with other recordings of this address")
        if owner.holder and not self._by_holder.free(owner.holder):
            raise _busy("busy with other recordings of this token")


def _busy(why: str) -> HTTPException:
    return HTTPException(503, f"{why}; try again soon", {"Retry-After": RETRY_S})


def _going() -> HTTPException:
    return HTTPException(503, "shutting down; send it again soon", {"Retry-After": RETRY_S})
