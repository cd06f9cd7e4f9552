"""Which IP addresses a request may go to: public ones, and those that the operator allows.

An address that leads inside lets whoever names a URL reach what only this machine can: its own
services, its network, the metadata service of its cloud (server-side request forgery). The list
follows the IANA registries of special-purpose addresses, whose prefixes are written out because
`ipaddress` knows different ones in different versions of Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Final

from sentivox.outbound.failure import NoAnswer

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; 0.0.0.0 connects to this machine
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, with a cloud's metadata at 100.100.100.200
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, with most clouds' metadata at 169.254.169.254
            "172.16.0.0/12",
            "192.0.0.0/24",  # IETF protocol assignments, with another cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

_PUBLIC_6: Final = IPv6Network("2000::/3")
"""Global unicast; everything else is unassigned, local or multicast, or holds an IPv4 address."""

_NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocol assignments, with Teredo
            "2001:db8::/32",  # documentation
            "3fff::/20",  # documentation
        ),
    )
)

_HOLDS_IPV4: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, which a network without IPv4 needs
    (IPv6Network("2002::/16"), 80),  # 6to4
)
"""IPv6 networks whose addresses lead to an IPv4 address, and how many bits follow it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator allows beyond https to public addresses.

    Attributes:
        hosts: Host names, in lower case, that may have any address.
        networks: Networks whose addresses any host may have.
        http: Allow URLs without TLS.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPNetwork, ...] = ()
    http: bool = False

    def address(self, host: str, address: IPAddress) -> bool:
        """Whether a request to this host may connect to this address."""
        if host in self.hosts or is_public(address):
            return True
        return any(address in network for network in self.networks)


def is_public(address: IPAddress) -> bool:
    """Whether an address is a public unicast one, as is any IPv4 address that it holds."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if held := _held(address):
        return is_public(held)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def require_allowed(host: str, addresses: Sequence[str], allowed: Allowed) -> list[IPAddress]:
    """Check all addresses of a host, as the resolver returned them.

    One that is not allowed is reason enough to refuse them all: a name that has both kinds was
    made to slip through.

    Raises:
        NoAnswer: One of them is not allowed, or there is none.
    """
    found = [ip_address(address) for address in addresses]
    for address in found:
        if not allowed.address(host, address):
            raise NoAnswer("address", not_public(host, address))
    if not found:
        raise NoAnswer("dns", f"{host} has no address")
    return found


def not_public(host: str, address: IPAddress) -> str:
    """The message for an address that is not allowed."""
    who = str(address) if host == str(address) else f"{host} ({address})"
    return f"{who} is not a public address: if it is meant, add it to allow_hosts"


def _held(address: IPv6Address) -> IPv4Address | None:
    for around, after in _HOLDS_IPV4:
        if address in around:
            return IPv4Address(int(address) >> after & 0xFFFFFFFF)
    return None
