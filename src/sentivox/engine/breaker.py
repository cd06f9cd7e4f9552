"""A circuit breaker: work that keeps failing is paused for a while, then tried once. Pure."""

from typing import Literal

Circuit = Literal["closed", "open", "half_open"]


class Breaker:
    """A circuit breaker. It is closed at first, and opens after a number of failures in a row.

    After a pause it is half open and allows one trial at a time. Success of a trial closes it, and
    failure opens it again. `now` is in seconds on any one clock.

    Args:
        failures: Number of failures in a row that opens it.
        pause_s: Seconds for which it stays open before a trial.
    """

    def __init__(self, failures: int, pause_s: float) -> None:
        self.opened = 0
        """How often it has opened."""
        self.in_vain = 0
        """How often it has opened since the last success."""
        self._limit = failures
        self.pause_s = pause_s
        self._failures = 0
        self._open_since: float | None = None
        self._trying = False

    def state(self, now: float) -> Circuit:
        """The state at a time."""
        if self._open_since is None:
            return "closed"
        return "half_open" if now - self._open_since >= self.pause_s else "open"

    def allows(self, now: float) -> bool:
        """Whether a piece of work may start."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self._trying)

    def begin(self, now: float) -> None:
        """Note that a piece of work starts; it must be allowed."""
        self._trying = self.state(now) == "half_open"

    def abandon(self) -> None:
        """Note that a piece of work ended without result, so that another trial may start."""
        self._trying = False

    def succeed(self) -> None:
        """Note that a piece of work succeeded."""
        self._failures, self._open_since, self._trying = 0, None, False
        self.in_vain = 0

    def fail(self, now: float, *, again: bool = False) -> bool:
        """Note that a piece of work failed.

        Args:
            now: The time, in seconds.
            again: The same piece had failed before; it then counts only as a trial.

        Returns:
            Whether this opened the circuit.
        """
        self._failures += not again
        state = self.state(now)
        if state == "open" or (state == "closed" and self._failures < self._limit):
            return False  # work that started before the circuit opened changes nothing
        self._open_since, self._trying = now, False
        self.opened += 1
        self.in_vain += 1
        return True
