"""Slots for uploaded recordings: how many are received, stored and analysed at a time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import HTTPException

from sentivox.server.admission.limits import Slots
from sentivox.server.admission.sessions import Owner
from sentivox.server.settings import ServerSettings
from sentivox.sinks.log import log

UPLOAD_RETRY_AFTER = "5"
"""Seconds in the Retry-After header of a refused recording."""


class Admission:
    """One admitted upload, which can be ended from outside with a response for its client.

    Args:
        scope: The timeout scope in which the upload is handled; rescheduled to end it.
        slots: The slots that the upload occupies one of.

    Attributes:
        answer: The response with which the upload was ended; None if it was not.
        stored: Bytes of it on disk.
    """

    def __init__(self, scope: asyncio.Timeout, slots: "UploadSlots") -> None:
        self.answer: HTTPException | None = None
        self.stored = 0
        self._scope = scope
        self._slots = slots

    def end(self, answer: HTTPException) -> None:
        """Cancel the handling of this upload and answer its client with this response."""
        if self.answer is None and not self._scope.expired():
            self.answer = answer
            self._scope.reschedule(asyncio.get_running_loop().time())

    def store(self, size: int) -> None:
        """Account for `size` more bytes of this upload on disk.

        Raises:
            HTTPException: 503, the recordings on disk would exceed `max_stored_bytes`.
        """
        self._slots.store(size)
        self.stored += size


class UploadSlots:
    """The uploads being received, waiting or analysed.

    A recording is admitted before its body is read, and waits for its turn to be analysed only
    once it has arrived, so a slow sender does not hold up the analysis of others.

    Args:
        settings: Limits of the server.

    Attributes:
        turns: Semaphore of the recordings that may be analysed at the same time.
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
        """Occupy a slot for as long as the context lasts.

        Raises:
            HTTPException: 503, all slots are taken; or the response given to `Admission.end`.
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
        """Admit no more uploads and end those in progress with 503: the server is shutting down."""
        self._closed = True
        for admission in self._admitted:
            admission.end(_going())

    def store(self, size: int) -> None:
        """Account for `size` more bytes on disk.

        Raises:
            HTTPException: 503, the recordings on disk would exceed `max_stored_bytes`.
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
    return HTTPException(503, f"{why}; try again soon", {"Retry-After": UPLOAD_RETRY_AFTER})


def _going() -> HTTPException:
    return HTTPException(
        503, "shutting down; send it again soon", {"Retry-After": UPLOAD_RETRY_AFTER}
    )
