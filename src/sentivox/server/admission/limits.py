"""Per-client limits: slots counted by address or token, and a token bucket for messages."""

import ipaddress
from collections import Counter


class Slots:
    """Counts the slots in use per key, such as an address, against a limit per key.

    Args:
        limit: Slots per key; 0 for any number.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()

    def free(self, key: str) -> bool:
        """Whether this key has a free slot."""
        return not self._limit or self._taken[key] < self._limit

    def take(self, key: str) -> None:
        """Occupy a slot of this key; the limit is not checked."""
        self._taken[key] += 1

    def leave(self, key: str) -> None:
        """Release a slot of this key."""
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]  # or the table would grow with every address ever seen


def neighbourhood(address: str) -> str:
    """The key under which an address is counted: its /64 network for IPv6, else the address.

    A provider assigns a whole /64 to one customer. Text that is no IP address is returned as it is.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class TokenBucket:
    """A token bucket that delays a client which sends too many messages.

    Args:
        per_s: Messages per second in the long run.
        burst_s: Size of the bucket, in seconds' worth of messages.
    """

    def __init__(self, per_s: float, burst_s: float = 2.0) -> None:
        self._per_s = per_s
        self._most = per_s * burst_s
        self._left = self._most
        self._then: float | None = None

    def spend(self, cost: float, now: float) -> float:
        """Charge a message to the bucket.

        Args:
            cost: Price of the message; an audio message costs 1.
            now: Time in seconds, of any monotonic clock.

        Returns:
            Seconds to wait before reading on; 0 if the bucket covers the cost.
        """
        passed = 0.0 if self._then is None else now - self._then
        self._then = now
        self._left = min(self._most, self._left + passed * self._per_s) - cost
        return max(0.0, -self._left / self._per_s)
