"""What was sent lately, to be sent again after a cut."""

from collections import deque
from typing import Final

KEPT: Final = 16 << 20
"""Bytes of audio: more than a socket can hold that nobody reads."""


class Sent:
    """Audio and control messages in the order in which they were sent, the latest of them.

    Each has the place in the audio (bytes since the session began) at which it was sent.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._items: deque[tuple[int, bytes | str]] = deque()
        self._start = 0  # place of the oldest audio that is still here
        self._end = 0

    def add(self, message: bytes | str) -> None:
        """Note a message that is about to be sent."""
        self._items.append((self._end, message))
        if isinstance(message, bytes):
            self._end += len(message)
        while self._end - self._start > self._kept:
            place, oldest = self._items.popleft()
            if isinstance(oldest, bytes):
                self._start = place + len(oldest)

    def since(self, place: int) -> list[bytes | str] | None:
        """All from this place in the audio on; None where that is forgotten or not yet sent."""
        if not self._start <= place <= self._end:
            return None
        again: list[bytes | str] = []
        for at, message in self._items:
            if isinstance(message, str):
                if at >= place:
                    again.append(message)
            elif at + len(message) > place:
                again.append(message[max(0, place - at) :])
        return again

    def restart(self) -> list[str]:
        """Begin to count anew, for another session; the controls that close the old one's audio.

        Audio of a session that is gone is not sent again: it was judged, or is lost with it.
        """
        closing = [m for at, m in self._items if isinstance(m, str) and at == self._end]
        self._items.clear()
        self._start = self._end = 0
        for message in closing:
            self.add(message)
        return closing
