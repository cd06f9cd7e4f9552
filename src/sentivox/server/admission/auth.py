"""Who may use the server: tokens, known by their hashes alone, and short-lived tickets.

A token comes in the `Authorization` header, or, from a browser that cannot set one on a
WebSocket, as the subprotocol after `token`. It never comes in a query: those end up in logs.
What may come there is a ticket, signed by this process and good for a minute.
"""

import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from itsdangerous import BadData, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from sentivox.errors import SentivoxError

SHORTEST: Final = 20
"""Characters. A hash without salt or stretching protects only what cannot be guessed."""

_TICKS: Final = 100
"""A second, in the time stamps of tickets."""

_PREFIX: Final = "sha256:"
_SCHEMES: Final = frozenset({"bearer", "token"})


class Unauthorized(SentivoxError):  # noqa: N818  (says what the caller is)
    """No token, or a wrong one."""


def new_token() -> str:
    """A token nobody can guess: 256 bits, characters that headers and subprotocols take."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """A token as a token file keeps it."""
    return _PREFIX + hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Keyring:
    """The tokens that are let in. An empty one lets everybody in.

    Attributes:
        digests: (name of the holder, SHA-256 of the token).
    """

    digests: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, tokens: Iterable[str]) -> Self:
        """Of tokens in the clear, named by the first digits of their hashes.

        Raises:
            SentivoxError: a token that could be guessed.
        """
        digests: list[tuple[str, bytes]] = []
        for token in tokens:
            if len(token) < SHORTEST:
                raise SentivoxError(
                    f"a token needs at least {SHORTEST} characters; make one with: sentivox token"
                )
            digest = hashlib.sha256(token.encode()).digest()
            digests.append((digest.hex()[:8], digest))
        return cls(tuple(digests))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Of a file with a line `sha256:DIGEST NAME` a token; # begins a comment.

        Raises:
            SentivoxError: the file cannot be read, has no token, or a line is none.
        """
        try:
            lines = path.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise SentivoxError(f"tokens cannot be read from {path}: {reason}") from None
        digests: list[tuple[str, bytes]] = []
        for number, line in enumerate(lines, 1):
            said, _, name = line.partition("#")[0].strip().partition(" ")
            if not said:
                continue
            try:
                digest = bytes.fromhex(said.removeprefix(_PREFIX))
            except ValueError:
                digest = b""
            if not said.startswith(_PREFIX) or len(digest) != hashlib.sha256().digest_size:
                raise SentivoxError(
                    f"{path}, line {number}, is no hash of a token; make one with: sentivox token"
                )
            digests.append((name.strip() or digest.hex()[:8], digest))
        if not digests:
            raise SentivoxError(f"{path} holds no token; make one with: sentivox token")
        return cls(tuple(digests))

    def __bool__(self) -> bool:
        return bool(self.digests)

    def __or__(self, other: "Keyring") -> "Keyring":
        return Keyring(self.digests + other.digests)

    def holder(self, token: str) -> str | None:
        """The name of whoever holds this token; None for a wrong one."""
        given, found = hashlib.sha256(token.encode()).digest(), None
        for name, digest in self.digests:  # all of them: the time taken tells nothing
            if hmac.compare_digest(digest, given):
                found = name
        return found


class Tickets:
    """Signs and checks tickets. The key dies with the process, and so do they.

    Args:
        lifetime_s: How long one is good.
    """

    def __init__(self, lifetime_s: float) -> None:
        self.lifetime_s = lifetime_s
        self._signed = URLSafeTimedSerializer(
            secrets.token_bytes(32),
            signer=_ProcessClock,
            signer_kwargs={"digest_method": hashlib.sha256},
        )

    def mint(self, holder: str) -> str:
        """A ticket for this holder, from now on."""
        return str(self._signed.dumps(holder))

    def holder(self, ticket: str) -> str | None:
        """Who holds it; None when it is not ours, was changed, or is too old."""
        try:
            return self._signed.loads(ticket, max_age=round(self.lifetime_s * _TICKS) - 1)
        except BadData:
            return None


class _ProcessClock(TimestampSigner):
    """Signs by the clock of this process alone, which no setting of the system's clock moves."""

    def get_timestamp(self) -> int:
        """Hundredths of a second, so that a lifetime need not be whole seconds."""
        return int(time.monotonic() * _TICKS)


class Authenticator:
    """Lets in whoever shows a token or a ticket; everybody where there are no tokens.

    Args:
        keyring: The tokens.
        ticket_s: How long a ticket is good.
    """

    def __init__(self, keyring: Keyring, ticket_s: float) -> None:
        self.keyring = keyring
        self.tickets = Tickets(ticket_s)

    def bearer(self, headers: Mapping[str, str], subprotocols: Sequence[str] = ()) -> str:
        """The name of whoever shows a token; "" where none is needed.

        Raises:
            Unauthorized: none, or a wrong one.
        """
        if not self.keyring:
            return ""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() not in _SCHEMES:
            token = _after_scheme(subprotocols)
        if not token:
            raise Unauthorized(
                "this server needs a token: Authorization: Bearer TOKEN, or the subprotocols"
                ' ["token", TOKEN] from a browser'
            )
        holder = self.keyring.holder(token.strip())
        if holder is None:
            raise Unauthorized("unknown token: check it with the server's operator")
        return holder

    def caller(
        self, headers: Mapping[str, str], subprotocols: Sequence[str], query: Mapping[str, str]
    ) -> str:
        """As `bearer`, but a ticket in the query will do.

        Raises:
            Unauthorized: neither, or a wrong or old one.
        """
        if not self.keyring or "token" not in query:
            return self.bearer(headers, subprotocols)
        holder = self.tickets.holder(query["token"])
        if holder is None:
            raise Unauthorized(
                "the token in the query is not a valid ticket, or has expired: get one with POST"
                " /v1/ticket"
            )
        return holder


def spoken(subprotocols: Sequence[str]) -> str | None:
    """The subprotocol to agree on: the scheme's name, never the token after it."""
    return next((name for name in subprotocols if name.lower() in _SCHEMES), None)


def _after_scheme(subprotocols: Sequence[str]) -> str:
    for name, value in itertools.pairwise(subprotocols):
        if name.lower() in _SCHEMES:
            return value
    return ""
