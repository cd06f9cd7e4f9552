"""A circuit breaker: what keeps failing is left alone for a while, then tried once. Pure."""

from typing import Literal

Circuit = Literal["closed", "open", "half_open"]


class Breaker:
    """Closed while things work; open after failures in a row; then half open: one trial at a time.

    The trial's success closes it, its failure opens it again. `now` is seconds of any one clock.

    Args:
        failures: In a row, until it opens.
        pause_s: How long it stays open before a trial.
    """

    def __init__(self, failures: int, pause_s: float) -> None:
        self.opened = 0
        """How often it has opened."""
        self.in_vain = 0
        """How often since anything last worked."""
        self._limit = failures
        self.pause_s = pause_s
        self._failures = 0
        self._open_since: float | None = None
        self._trying = False

    def state(self, now: float) -> Circuit:
        """As it stands at this moment."""
        if self._open_since is None:
            return "closed"
        return "half_open" if now - self._open_since >= self.pause_s else "open"

    def allows(self, now: float) -> bool:
        """Whether something may begin."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self._trying)

    def begin(self, now: float) -> None:
        """Something that it allows begins."""
        self._trying = self.state(now) == "half_open"

    def abandon(self) -> None:
        """What began came to nothing, for no fault of its own: somebody else may try."""
        self._trying = False

    def succeed(self) -> None:
        """What began has worked."""
        self._failures, self._open_since, self._trying = 0, None, False
        self.in_vain = 0

    def fail(self, now: float, *, again: bool = False) -> bool:
        """What began has failed; True when this opens it.

        Args:
            now: The time.
            again: It had failed before. That tells nothing new of the whole, but in a trial.
        """
        self._failures += not again
        state = self.state(now)
        if state == "open" or (state == "closed" and self._failures < self._limit):
            return False  # one that began before it opened changes nothing
        self._open_since, self._trying = now, False
        self.opened += 1
        self.in_vain += 1
        return True
