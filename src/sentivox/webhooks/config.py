"""The file that names the receivers of webhooks (`sentivox serve --webhooks hooks.toml`)."""

# ruff: noqa: PLC0415  (an extra: imported where webhooks are asked for)

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sentivox.errors import SentivoxError
from sentivox.outbound.addresses import Allowed, IPNetwork
from sentivox.webhooks.payloads import EVENT_TYPES

if TYPE_CHECKING:
    from sentivox.outbound.target import Target
    from sentivox.webhooks.signing import Signer

T = TypeVar("T")

_TOP: Final = ("endpoint", "allow_http", "allow_hosts", "allow_networks")
_KEYS: Final = ("name", "url", "events", "secret_env", "secret_file")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHOWN: Final = 40
"""Most characters of a name from the file that a message quotes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver of webhooks.

    Attributes:
        name: Its name in logs, metrics and lists.
        target: Where requests go.
        events: Types of the events that it gets.
        signer: Signs with its secrets.
    """

    name: str
    target: "Target"
    events: frozenset[str]
    signer: "Signer"


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """All receivers of a server.

    Attributes:
        endpoints: The receivers; their names differ.
        allowed: What requests may reach beyond https to public addresses.
    """

    endpoints: tuple[Endpoint, ...]
    allowed: Allowed


class _Bad(ValueError):  # noqa: N818  (reads as what it is)
    """What is wrong, without the name of the file."""


def read_webhooks(path: Path) -> WebhookConfig:
    """Read the file.

    Raises:
        SentivoxError: It cannot be read, an entry is unknown or invalid, a secret is missing, or
            the extra `webhooks` is not installed. The message is one line and holds no secret.
    """
    if not all(find_spec(package) for package in ("httpx", "standardwebhooks")):
        raise SentivoxError('webhooks need: pip install "sentivox[webhooks]"')
    try:
        return _config(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SentivoxError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SentivoxError(f"{path} is not TOML: {error}") from None
    except _Bad as error:
        raise SentivoxError(f"{path}: {error}") from None


def _config(table: Mapping[str, Any]) -> WebhookConfig:
    _known(table, _TOP, "")
    allowed = Allowed(
        frozenset(map(_host, _texts(table, "allow_hosts", ""))),
        tuple(map(_network, _texts(table, "allow_networks", ""))),
        _typed(table, "allow_http", bool, "", default=False, takes="true or false"),
    )
    entries: list[Any] = _typed(table, "endpoint", list, "", default=[], takes="[[endpoint]]")
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise _Bad("it names no receiver: write [[endpoint]] and below it name, url, events")
    endpoints = tuple(
        _endpoint(cast("dict[str, Any]", entry), number, allowed)
        for number, entry in enumerate(entries, 1)
    )
    names = [endpoint.name for endpoint in endpoints]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _Bad(f"two endpoints are named {twice}: give each a name of its own")
    return WebhookConfig(endpoints, allowed)


def _endpoint(table: Mapping[str, Any], number: int, allowed: Allowed) -> Endpoint:
    from sentivox.outbound.target import BadUrl, Target
    from sentivox.webhooks.signing import BadSecret, Signer

    name = table.get("name")
    where = f"endpoint {name if isinstance(name, str) and _NAME.fullmatch(name) else number}: "
    _known(table, _KEYS, where)
    name = _typed(table, "name", str, where, takes="a name")
    if not _NAME.fullmatch(name):
        raise _Bad(f"{where}name takes letters, digits, '.', '_' and '-', 64 at most")
    events = _texts(table, "events", where)
    if not events:
        raise _Bad(f"{where}events is missing: it takes some of {', '.join(EVENT_TYPES)}")
    for event in events:
        if event not in EVENT_TYPES:
            raise _Bad(f"{where}events: {_unknown('event', event, EVENT_TYPES)}")
    try:
        target = Target.parse(_typed(table, "url", str, where, takes="a URL"), allowed)
    except BadUrl as error:
        raise _Bad(f"{where}url: {error}") from None
    source, text = _secrets(table, where)
    try:
        return Endpoint(name, target, frozenset(events), Signer(text.split()))
    except BadSecret as error:
        raise _Bad(f"{where}{source}: {error}") from None


def _secrets(table: Mapping[str, Any], where: str) -> tuple[str, str]:
    """Where the secrets of an endpoint come from, and their text."""
    if ("secret_env" in table) == ("secret_file" in table):
        raise _Bad(f"{where}give either secret_env or secret_file")
    if "secret_env" in table:
        variable = _typed(table, "secret_env", str, where, takes="the name of a variable")
        if variable.startswith("whsec_"):
            raise _Bad(f"{where}secret_env takes the name of a variable, not the secret itself")
        if variable not in os.environ:
            raise _Bad(f"{where}the variable that secret_env names is not set")
        return "secret_env", os.environ[variable]
    path = _typed(table, "secret_file", str, where, takes="a path")
    if path.startswith("whsec_"):
        raise _Bad(f"{where}secret_file takes the path of a file, not the secret itself")
    try:
        return "secret_file", Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise _Bad(f"{where}secret_file {path} cannot be read: {reason}") from None


def _host(text: str) -> str:
    from sentivox.outbound.target import BadUrl, normalised

    try:
        return normalised(text)
    except BadUrl:
        shown = repr(text)[:_SHOWN]
        raise _Bad(f"allow_hosts takes names and addresses of hosts, not {shown}") from None


def _network(text: str) -> IPNetwork:
    try:
        return ip_network(text)
    except ValueError:
        shown = repr(text)[:_SHOWN]
        raise _Bad(f"allow_networks takes networks such as 10.0.0.0/8, not {shown}") from None


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in table:
        if name not in names:
            if name == "secret":
                raise _Bad(f"{where}keep the secret out of this file: use secret_env, secret_file")
            raise _Bad(f"{where}{_unknown('key', name, names)}")


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"there is no {kind} {name[:_SHOWN]!r}: {meant}Known are {', '.join(known)}"


def _texts(table: Mapping[str, Any], name: str, where: str) -> list[str]:
    found: list[Any] = _typed(table, name, list, where, default=[], takes='texts, such as ["a"]')
    if not all(isinstance(text, str) for text in found):
        raise _Bad(f'{where}{name} takes texts, such as ["a"]')
    return found


def _typed(
    table: Mapping[str, Any],
    name: str,
    kind: type[T],
    where: str,
    *,
    takes: str,
    default: T | None = None,
) -> T:
    value = table.get(name, default)
    if value is None:
        raise _Bad(f"{where}{name} is missing: it takes {takes}")
    if not isinstance(value, kind):
        raise _Bad(f"{where}{name} takes {takes}")
    return value
