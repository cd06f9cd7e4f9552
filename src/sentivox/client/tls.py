"""TLS for clients: trusted certificates, and explanations of failed handshakes."""

import socket
import ssl
from pathlib import Path
from types import NoneType
from typing import Final
from urllib.parse import urlsplit

from sentivox.client.address import without_query
from sentivox.errors import ConnectionFailed
from sentivox.system.usage import PATH, require

_SECURE: Final = frozenset({"https", "wss"})
_OTHER: Final = {"http": "https", "ws": "wss", "https": "http", "wss": "ws"}
"""The scheme with TLS for each without, and vice versa."""

_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_PROBE_S: Final = 5.0
"""Seconds to wait for a connection when probing for TLS."""

_CACERT: Final = "give it, or its authority's, with --cacert FILE (in Python, cacert=…)"
_UNTRUSTED: Final = f"if it is the right one, {_CACERT}"
_CERTIFICATES: Final = {
    9: "is not valid yet: is this machine's clock right?",
    10: "has expired: the server's operator has to renew it",
    18: f"is self-signed: {_UNTRUSTED}",
    19: f"was issued by an authority that this machine does not know: {_UNTRUSTED}",
    20: f"was issued by an authority that this machine does not know: {_UNTRUSTED}",
    21: f"was issued by an authority that this machine does not know: {_UNTRUSTED}",
    62: "is for another name: use a server name that it covers",
    64: "is for another address: use a server name that it covers",
}
"""What is wrong with a certificate, by OpenSSL's error number (X509_V_ERR_…)."""

_NOT_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "UNEXPECTED_MESSAGE",
     "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "BAD_RECORD_TYPE"}
)  # fmt: skip
"""OpenSSL's reasons for a failed handshake with a peer that does not use TLS."""


def trust(url: str, cacert: Path | str | None) -> ssl.SSLContext | None:
    """The TLS context that checks the server's certificate; None for an address without TLS.

    Args:
        url: Address of the server.
        cacert: PEM file of certificates to trust, instead of the system's.

    Raises:
        ConnectionFailed: The file cannot be read or holds no certificate, or the address does not
            use TLS although `cacert` is given.
    """
    require("cacert", cacert, (*PATH, NoneType), "the path of a PEM file")
    if urlsplit(url).scheme not in _SECURE:
        if cacert is not None:
            raise ConnectionFailed(
                f"{without_query(url)} has no certificate for --cacert to check: use"
                f" {without_query(swapped(url))}"
            )
        return None
    if cacert is None:
        return ssl.create_default_context()
    try:
        own = ssl.create_default_context(cafile=str(cacert))
    except OSError as error:  # ssl.SSLError too
        reason = "no PEM certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConnectionFailed(f"--cacert {cacert} cannot be used: {reason}") from None
    # Python 3.13 is strict by default, but private authorities often lack required extensions.
    own.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return own


def explained(error: ssl.SSLError, url: str) -> str:
    """The error message for a failed TLS handshake: one line that says what to do."""
    where = without_query(url)
    if isinstance(error, ssl.SSLCertVerificationError):
        said = _CERTIFICATES.get(error.verify_code, f"is not valid ({error.verify_message})")
        return f"the certificate of {where} {said}"
    if error.reason in _NOT_TLS:
        return f"{where} does not use TLS: use {without_query(swapped(url))}"
    return f"TLS with {where} failed ({error.reason or error}): is it the right port?"


def speaks_tls(url: str) -> bool:
    """Whether the peer at a non-TLS address answers a TLS handshake; blocks for up to 5 s."""
    parts = urlsplit(url)
    if parts.scheme in _SECURE or parts.hostname is None:
        return False
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    probe.check_hostname, probe.verify_mode = False, ssl.CERT_NONE  # nothing is sent over it
    address = (parts.hostname, parts.port or _PORTS[parts.scheme])
    try:
        with (
            socket.create_connection(address, _PROBE_S) as plain,
            probe.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # it refuses this handshake, but it speaks TLS
    except (OSError, ValueError):
        return False


def wants_tls(url: str) -> str:
    """The error message for a server that requires TLS but was addressed without."""
    return f"{without_query(url)} requires TLS: use {without_query(swapped(url))}"


def swapped(url: str) -> str:
    """The same URL with the scheme switched between plain and TLS (http/https, ws/wss)."""
    scheme, _, rest = url.partition("://")
    return f"{_OTHER[scheme]}://{rest}"
