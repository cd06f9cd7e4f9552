"""Sends a request to a checked address, and nowhere else.

The host is looked up once, its addresses are checked, and the connection goes to a checked
address, so that a name cannot change its address between the check and the connection (DNS
rebinding). Host header, SNI and the check of the certificate keep the name. Redirects are not
followed, proxies and credentials of the environment are not used, and no connection is used twice.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from typing import Final, Literal

import httpx

from sentivox._version import __version__
from sentivox.outbound.addresses import Allowed, IPAddress, require_allowed
from sentivox.outbound.failure import NoAnswer
from sentivox.outbound.resolver import Resolve, SystemResolver
from sentivox.outbound.target import Target

_CONNECT_S: Final = 5.0
"""Seconds after which the next address of a host is tried."""

_ADDRESSES: Final = 2
"""Most addresses of each family, IPv4 and IPv6, that are tried; a machine may lack one of them."""


class Reach:
    """Sends requests over HTTP/1.1 to public hosts and to those that are allowed.

    Args:
        allowed: What the operator allows beyond that.
        resolve: Looks up host names; by default as the operating system does.
        trust: Checks certificates; by default against the authorities that this machine trusts
            (`SSL_CERT_FILE` names others).
    """

    def __init__(
        self, allowed: Allowed, resolve: Resolve | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = allowed
        self._resolve = SystemResolver() if resolve is None else resolve
        self._trust = ssl.create_default_context() if trust is None else trust

    async def open(
        self,
        method: Literal["GET", "POST"],
        target: Target,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        within_s: float,
    ) -> httpx.Response:
        """Send a request and wait for the head of the answer, whose body is still to be read.

        Raises:
            NoAnswer: The host has an address that is not allowed, or no answer came in time.
        """
        try:
            async with asyncio.timeout(within_s):
                found = await self._resolve(target.host)
                addresses = require_allowed(target.host, found, self._allowed)
                return await self._reached(method, target, addresses, body, headers)
        except TimeoutError:
            limit = f"{within_s:g} s"
            raise NoAnswer("timeout", f"{target.host} did not answer in {limit}") from None

    async def _reached(
        self,
        method: str,
        target: Target,
        addresses: list[IPAddress],
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Send the request to the first address that can be connected to."""
        failure = NoAnswer("dns", f"{target.host} has no address")
        for address in _tried(addresses):
            try:
                return await self._send(method, target, str(address), body, headers)
            except httpx.ConnectTimeout:
                message = f"{target.host} cannot be reached: no connection in {_CONNECT_S:g} s"
                failure = NoAnswer("timeout", message)
            except httpx.ConnectError as error:
                failure = _explained(error, target)
            except httpx.HTTPError as error:
                message = f"{target.host} broke off without an answer ({type(error).__name__})"
                raise NoAnswer("http", message) from None
        raise failure

    async def _send(
        self,
        method: str,
        target: Target,
        address: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        request = httpx.Request(
            method,
            target.at(address),
            headers={
                "Host": target.authority,
                "User-Agent": f"sentivox/{__version__}",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
            content=body,
            extensions={"sni_hostname": target.host, "timeout": {"connect": _CONNECT_S}},
        )
        # A transport for each request: connections are pooled by address, so that one made for
        # another name at the same address would be used without checking its certificate. And
        # unlike a client, a transport has no redirects, cookies, proxies or log of URLs.
        transport = httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False)
        return await transport.handle_async_request(request)


def _tried(addresses: list[IPAddress]) -> list[IPAddress]:
    """The addresses to try, in the order of preference."""
    tried: list[IPAddress] = []
    for address in addresses:
        if sum(other.version == address.version for other in tried) < _ADDRESSES:
            tried.append(address)
    return tried


def _explained(error: httpx.ConnectError, target: Target) -> NoAnswer:
    """What went wrong with a connection, in one line."""
    cause: BaseException | None = error
    while cause is not None and getattr(cause, "errno", None) is None:
        cause = cause.__cause__ or cause.__context__
    host = target.host
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NoAnswer("tls", f"{host}: its certificate is not valid: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError):
        return NoAnswer("tls", f"{host}: TLS failed ({cause.reason}): is it the right port?")
    # The event loop has put the address into `strerror`.
    reason = f": {os.strerror(cause.errno or 0)}" if isinstance(cause, OSError) else ""
    return NoAnswer("connect", f"{host} port {target.port} cannot be reached{reason}")
