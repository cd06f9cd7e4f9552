"""Looks up the addresses of host names without blocking the event loop."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

from sentivox.outbound.failure import NoAnswer

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host; raises NoAnswer if there are none."""


class SystemResolver:
    """Looks up names as the operating system does, each in a thread of its own.

    A lookup cannot be cancelled and may hang for a minute. Those of the event loop share a few
    threads, which names that hang would take from everybody else. Here at most one lookup of each
    name is running, whoever waits for it, and none keeps the process from exiting.
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[list[str]]] = {}

    async def __call__(self, host: str) -> list[str]:
        """The addresses of a host, in the order of preference.

        Raises:
            NoAnswer: The host is unknown.
        """
        found = self._running.get(host)
        if found is None:
            found = self._running[host] = asyncio.get_running_loop().create_future()
            threading.Thread(
                target=self._look_up, args=(host, found), name="resolve", daemon=True
            ).start()
        try:
            return await asyncio.shield(found)
        except OSError as error:
            raise NoAnswer("dns", f"{host} cannot be found: {error.strerror or error}") from None

    def _look_up(self, host: str, found: asyncio.Future[list[str]]) -> None:
        result: list[str] | OSError
        try:
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            result = error
        except UnicodeError:  # a label that is empty or too long
            result = OSError("it is not the name of a host")
        loop = found.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._done, host, found, result)

    def _done(
        self, host: str, found: asyncio.Future[list[str]], result: list[str] | OSError
    ) -> None:
        del self._running[host]
        if isinstance(result, OSError):
            found.set_exception(result)
            found.exception()  # it is no news to the log if nobody waits any more
        else:
            found.set_result(result)
