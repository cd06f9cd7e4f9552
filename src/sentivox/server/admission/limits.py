"""How much one client may take: places by address and by token, and messages a second."""

import ipaddress
from collections import Counter


class Slots:
    """Counts what is open by key, such as an address, up to a limit a key.

    Args:
        limit: Places a key has; 0 for any number.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    def free(self, key: str) -> bool:
        """Whether one more may sit down."""
        return not self._limit or self._taken[key] < self._limit

    def take(self, key: str) -> None:
        """One sits down."""
        self._taken[key] += 1

    def leave(self, key: str) -> None:
        """One gets up."""
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]  # or every address that ever called would be remembered


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 /64, of which one customer has all, or the address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Rate:
    """A bucket that messages empty and time fills: who sends too many is made to wait.

    Args:
        per_s: Messages a second in the long run.
        burst_s: Seconds' worth of them that may come at once.
    """

    def __init__(self, per_s: float, burst_s: float = 2.0) -> None:
        self._per_s = per_s
        self._most = per_s * burst_s
        self._left = self._most
        self._then: float | None = None

    def spend(self, cost: float, now: float) -> float:
        """Pay for a message at `now` (seconds of any clock); returns the seconds to wait."""
        passed = 0.0 if self._then is None else now - self._then
        self._then = now
        self._left = min(self._most, self._left + passed * self._per_s) - cost
        return max(0.0, -self._left / self._per_s)
