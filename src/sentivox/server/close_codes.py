"""Why a WebSocket was closed (protocol v1)."""

from typing import Final

DONE: Final = 1000
BAD_FORMAT: Final = 1003
GONE: Final = 1006
"""Never sent: the client went away, or was cut because it read nothing."""
REFUSED: Final = 1008
TOO_BIG: Final = 1009
BUG: Final = 1011
DRAINING: Final = 1012
BUSY: Final = 1013
IDLE: Final = 4408
