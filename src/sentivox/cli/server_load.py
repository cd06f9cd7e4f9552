"""What a server says about its load, as one state instead of a line for each warning."""

from typing import Final

from sentivox.protocol.events import Warning as WarningEvent

LOAD: Final = ("degraded", "restored", "audio_dropped")
"""The codes of warnings about the load."""


class ServerLoad:
    """The latest that a server said about its load; the page's moments have the same."""

    def __init__(self) -> None:
        self._busy: str | None = None
        self._dropped_s = 0.0

    def is_news(self, event: WarningEvent) -> bool:
        """Take a warning; whether it says what is not known yet, and is to be told.

        Of audio that is dropped again and again, only the first is news: the sum is in `state`.
        """
        if event.code not in LOAD:
            return True
        if event.code == "audio_dropped":
            first = not self._dropped_s
            seconds = event.detail.get("seconds", 0.0)
            self._dropped_s += seconds if isinstance(seconds, int | float) else 0.0
            return first
        known, self._busy = self._busy, event.message if event.code == "degraded" else None
        return known != self._busy

    @property
    def state(self) -> str:
        """One line for as long as the server is busy or has dropped audio; else ""."""
        dropped = f"{self._dropped_s:.1f} s of audio dropped" if self._dropped_s else ""
        return "; ".join(part for part in (self._busy, dropped) if part)
