"""Access settings of `sentivox serve`: tokens, host names and limits, with safe defaults."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sentivox.cli.terminal import echo

if TYPE_CHECKING:
    from sentivox.server.admission.auth import Keyring

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


def per_address(host: str, asked: int | None) -> int:
    """The limit on open streams per client address: `asked` or the default; 0 for any number."""
    if asked is not None:
        return asked
    return 0 if is_loopback(host) else PER_ADDRESS


def allowed_hosts(host: str, more: tuple[str, ...]) -> tuple[str, ...] | None:
    """The accepted names in the Host header; None for any.

    On a loopback address these are this machine's names and `more`. On another address any name
    is accepted, unless `more` is given.
    """
    from sentivox.server.settings import LOOPBACK

    if is_loopback(host):
        return (*LOOPBACK, host, *more)
    return (*LOOPBACK, host, *more) if more else None
