"""Access settings of `sentivox serve`: tokens, host names and limits, with safe defaults."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from sentivox.cli.terminal import echo
from sentivox.errors import UsageError

if TYPE_CHECKING:
    from sentivox.server.admission.auth import Keyring
    from sentivox.server.tcp.address import Address

PER_ADDRESS: Final = 16
"""Default number of open streams per client address if other machines can connect."""


def is_loopback(host: str) -> bool:
    """Whether a server that listens on this address is reachable from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def keyring(token_file: Path | None) -> "Keyring":
    """The tokens of the file, of SENTIVOX_TOKEN and of SENTIVOX_TOKENS (comma-separated).

    Raises:
        SentivoxError: The file cannot be used, or a token is too short.
    """
    from sentivox.server.admission.auth import Keyring

    listed = os.environ.get("SENTIVOX_TOKENS", "").split(",")
    named = [token.strip() for token in (os.environ.get("SENTIVOX_TOKEN", ""), *listed)]
    tokens = Keyring.of(token for token in named if token)
    return tokens if token_file is None else tokens | Keyring.read(token_file)


def require_token(host: str, keyring: "Keyring", *, insecure: bool) -> None:
    """Refuse to serve other machines without any token, unless `insecure` is set.

    Raises:
        UsageError: `host` is not a loopback address, there is no token, and `insecure` is false.
    """
    if is_loopback(host) or keyring:
        return
    if not insecure:
        msg = (
            f"{host} can be reached from other machines: set SENTIVOX_TOKEN or --token-file"
            " (sentivox token makes one), or add --insecure to let anybody in"
        )
        raise click.UsageError(msg)
    echo(f"Warning: anyone who reaches {host} can use this server: no token.", err=True)


def wyoming_address(asked: str | None, keyring: "Keyring", *, insecure: bool) -> "Address | None":
    """Where to speak Wyoming, if anywhere: on this machine, unless everybody is let in.

    Raises:
        UsageError: It is no address, or other machines can reach it and may not.
    """
    from sentivox.server.tcp.address import Address

    if asked is None:
        return None
    try:
        address = Address.read(asked)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    if address.path is not None or is_loopback(address.host):
        return address
    instead = "use a loopback address or unix:///PATH"
    if keyring:
        msg = f"--wyoming {address}: this server needs tokens, and Wyoming knows none: {instead}"
        raise click.UsageError(msg)
    if not insecure:
        msg = (
            f"--wyoming {address} can be reached from other machines, and Wyoming knows no tokens:"
            f" {instead}, or add --insecure to let anybody in"
        )
        raise click.UsageError(msg)
    echo(f"Warning: anyone who reaches {address} can use this server: no token.", err=True)
    return address


def per_address(host: str, asked: int | None) -> int:
    """The limit on open streams per client address: `asked` or the default; 0 for any number."""
    if asked is not None:
        return asked
    return 0 if is_loopback(host) else PER_ADDRESS


def read_public_url(text: str) -> str:
    """The address under which others reach the server, without a slash at its end.

    Raises:
        UsageError: It is not one.
    """
    try:
        parts = urlsplit(text)
        named = parts.scheme in {"https", "http"} and parts.hostname and not parts.query
    except ValueError:
        named = False
    if text and not named:
        raise click.UsageError(
            f"--public-url {text[:100]!r} is not an address such as https://voice.example.com"
        )
    return text.rstrip("/")


def allowed_hosts(host: str, more: tuple[str, ...], public_url: str) -> tuple[str, ...] | None:
    """The accepted names in the Host header; None for any.

    On a loopback address these are this machine's names, that of `public_url` and `more`. On
    another address any name is accepted, unless `more` is given.
    """
    from sentivox.server.settings import LOOPBACK

    if not is_loopback(host) and not more:
        return None
    public = urlsplit(public_url).hostname
    return (*LOOPBACK, host, *more, *([public] if public else []))
