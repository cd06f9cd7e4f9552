"""What a client got wrong in one session: each kind is told once, and their number is bounded."""

from typing import Final

MAX_MISTAKES: Final = 10
"""Whoever sends so many wrong messages will not stop by being told once more."""


class Mistakes:
    """Counts messages that were wrong or ignored."""

    def __init__(self) -> None:
        self._count = 0
        self._told: set[str] = set()

    def too_many(self) -> bool:
        """Count one more, of which the client is told; whether that was the last it may make."""
        self._count += 1
        return self._count >= MAX_MISTAKES

    def is_new(self, what: str) -> bool:
        """Whether the client was not told of this yet."""
        if what in self._told:
            return False
        self._told.add(what)
        return True
