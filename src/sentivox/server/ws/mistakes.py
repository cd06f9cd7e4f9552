"""Counts a client's invalid messages in one session, and remembers what it was told."""

from typing import Final

MAX_MISTAKES: Final = 10
"""Invalid messages after which the session ends."""


class Mistakes:
    """Counts messages that were invalid or ignored."""

    def __init__(self) -> None:
        self._count = 0
        self._told: set[str] = set()

    def too_many(self) -> bool:
        """Count one more mistake; returns whether the limit is reached."""
        self._count += 1
        return self._count >= MAX_MISTAKES

    def is_new(self, what: str) -> bool:
        """Whether this text was not passed before; remembers it."""
        if what in self._told:
            return False
        self._told.add(what)
        return True
