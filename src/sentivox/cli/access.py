"""Who may reach a server, as `sentivox serve` is told: tokens, names, and what is safe."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sentivox.cli.terminal import echo

if TYPE_CHECKING:
    from sentivox.server.admission.auth import Keyring

PER_ADDRESS: Final = 16
"""Streams an address may have open where other machines can connect, unless told otherwise."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on this address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def keyring(token_file: Path | None) -> "Keyring":
    """The tokens of the file, SENTIVOX_TOKEN and SENTIVOX_TOKENS (commas between them).

    Raises:
        SentivoxError: a file that cannot be used, or a token that can be guessed.
    """
    from sentivox.server.admission.auth import Keyring

    listed = os.environ.get("SENTIVOX_TOKENS", "").split(",")
    named = [token.strip() for token in (os.environ.get("SENTIVOX_TOKEN", ""), *listed)]
    tokens = Keyring.of(token for token in named if token)
    return tokens if token_file is None else tokens | Keyring.read(token_file)


def beyond_this_machine(host: str, keyring: "Keyring", *, insecure: bool) -> None:
    """Refuse to listen where strangers can connect without a token, unless told to."""
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
    """How many streams an address may have open; 0 for any number."""
    if asked is not None:
        return asked
    return 0 if is_loopback(host) else PER_ADDRESS


def allowed_hosts(host: str, more: tuple[str, ...]) -> tuple[str, ...] | None:
    """The names a server answers to: this machine's on loopback; beyond it any, or those given."""
    from sentivox.server.settings import LOOPBACK

    if is_loopback(host):
        return (*LOOPBACK, host, *more)
    return (*LOOPBACK, host, *more) if more else None
