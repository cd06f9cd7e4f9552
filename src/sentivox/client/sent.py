"""Buffer of the latest sent messages, to be sent again after a broken connection."""

from collections import deque
from typing import Final

KEPT: Final = 16 << 20
"""Bytes of audio kept: more than a connection's buffers can hold unread."""


class Sent:
    """The latest audio and control messages, in the order in which they were sent.

    Each is stored with its place: the bytes of audio sent in this session before it.

    Args:
        kept: Maximum bytes of audio kept; older messages are forgotten.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._items: deque[tuple[int, bytes | str]] = deque()
        self._start = 0  # place of the oldest audio still kept
        self._end = 0

    def add(self, message: bytes | str) -> None:
        """Record a message that is about to be sent: audio (bytes) or control (str)."""
        self._items.append((self._end, message))
        if isinstance(message, bytes):
            self._end += len(message)
        while self._end - self._start > self._kept:
            place, oldest = self._items.popleft()
            if isinstance(oldest, bytes):
                self._start = place + len(oldest)

    def since(self, place: int) -> list[bytes | str] | None:
        """All messages from this place on; None if that audio is forgotten or not yet sent."""
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
        """Reset for a new session; returns the control messages sent after the last audio.

        Those, such as CloseStream, must be sent again. Audio is not: the server has judged it, or
        it was lost with the old session.
        """
        closing = [m for at, m in self._items if isinstance(m, str) and at == self._end]
        self._items.clear()
        self._start = self._end = 0
        for message in closing:
            self.add(message)
        return closing
