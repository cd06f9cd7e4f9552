"""Close codes and reasons of the WebSocket (protocol v1)."""

from typing import Final

DONE: Final = 1000
BAD_FORMAT: Final = 1003
GONE: Final = 1006
"""Never sent; recorded when the client went away, or was cut off because it read nothing."""
REFUSED: Final = 1008
TOO_BIG: Final = 1009
BUG: Final = 1011
DRAINING: Final = 1012
BUSY: Final = 1013
IDLE: Final = 4408

_LONGEST: Final = 123
"""Most bytes of a reason in a close frame (RFC 6455)."""

REPLACED: Final = "another connection has resumed this session"
UNREAD: Final = "results were not read: read them as they arrive, or ask for a Summary less often"
MISTAKE: Final = "internal server error; please reconnect"
SHUTTING_DOWN: Final = "the server is shutting down; please reconnect"


def reason(message: str) -> str:
    """A message shortened, if necessary, to fit the reason of a close frame."""
    data = message.encode()
    if len(data) <= _LONGEST:
        return message
    return data[: _LONGEST - len("…".encode())].decode(errors="ignore") + "…"
