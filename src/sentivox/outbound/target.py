"""The address of a request, checked as far as it can be without looking up the host."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from sentivox.outbound.addresses import Allowed, not_public

_PORTS: Final = {"https": 443, "http": 80}
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class BadUrl(ValueError):  # noqa: N818  (reads as what it is)
    """A URL that no request may go to; the message says why, and does not quote it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        host: Name or IP address of the host, in lower case, in ASCII (IDNA), without a final dot.
        port: Port.
        tls: Whether TLS is used.
        path: Path and query, percent-encoded. Not shown by `repr`, as it may hold a secret.
    """

    host: str
    port: int
    tls: bool
    path: bytes = field(repr=False)

    @classmethod
    def parse(cls, url: str, allowed: Allowed) -> "Target":
        """Parse a URL.

        Raises:
            BadUrl: It is not a URL with http or https, needs `allowed.http`, holds a user name, or
                names an IP address that is not allowed.
        """
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            raise BadUrl("it is not a URL such as https://example.org/hook") from None
        if parts.scheme not in _PORTS or not parts.raw_host:
            raise BadUrl("it is not a URL such as https://example.org/hook")
        if parts.scheme == "http" and not allowed.http:
            raise BadUrl("use https, or set allow_http = true")
        if parts.userinfo:
            raise BadUrl("leave out the user name and password: the signature is what counts")
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        if not 0 < port < 65536:
            raise BadUrl(f"there is no port {port}")
        host = normalised(parts.raw_host.decode("ascii"))
        _check_literal(host, allowed)
        return cls(host, port, parts.scheme == "https", parts.raw_path)

    @property
    def authority(self) -> str:
        """Value of the Host header: the host, and the port unless it is the scheme's own."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        own = _PORTS["https" if self.tls else "http"]
        return shown if self.port == own else f"{shown}:{self.port}"

    def at(self, address: str) -> httpx.URL:
        """The URL with the host replaced by one of its IP addresses."""
        shown = f"[{address}]" if ":" in address else address
        base = httpx.URL(f"{'https' if self.tls else 'http'}://{shown}:{self.port}")
        return base.copy_with(raw_path=self.path)


def normalised(host: str) -> str:
    """A host as `Target.host` has it, so that two spellings of a name can be compared.

    Raises:
        BadUrl: It is neither a name nor an IP address.
    """
    with suppress(ValueError):
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    try:
        name = httpx.URL(scheme="https", host=host).raw_host.decode("ascii").removesuffix(".")
    except httpx.InvalidURL:
        name = ""
    if not _NAME.fullmatch(name):
        raise BadUrl("its host is not a valid name")
    return name


def _check_literal(host: str, allowed: Allowed) -> None:
    """Refuse an IP address that is not allowed; names are checked when they are looked up."""
    try:
        address = ip_address(host)
    except ValueError:
        return
    if not allowed.address(host, address):
        raise BadUrl(not_public(host, address))
