"""Authentication: tokens, of which only the hashes are stored, and short-lived signed tickets.

A client sends its token in the `Authorization` header. A browser, which cannot set that header on
a WebSocket, sends it as the subprotocol after `token`. A token is never accepted in the query
string, because query strings end up in logs. The query may carry a ticket instead, which this
process signs and which expires after a minute by default.
"""

import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from itsdangerous import BadData, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from sentivox.errors import SentivoxError

MIN_TOKEN_CHARS: Final = 20
"""Minimum length of a token in characters: a plain SHA-256 only protects an unguessable secret."""

_TICKS: Final = 100
"""Ticks per second of the timestamps in tickets."""

ADMIN: Final = "admin:"
"""Prefix of the names of holders who see everybody's stored conversations."""

_PREFIX: Final = "sha256:"
_SCHEMES: Final = frozenset({"bearer", "token"})
"""Schemes of the Authorization header, and subprotocols that precede a token."""


class Unauthorized(SentivoxError):  # noqa: N818  (named for what the caller is)
    """The caller sent no token, or an invalid token or ticket."""


def new_token() -> str:
    """Generate a random 256-bit token in characters that are valid in headers and subprotocols."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return "sha256:" and the token's hex digest, as a line of a token file holds it."""
    return _PREFIX + hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Keyring:
    """The accepted tokens. An empty keyring means that the server needs no token.

    Attributes:
        digests: Pairs of the holder's name and the SHA-256 digest of the token (32 bytes).
    """

    digests: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, tokens: Iterable[str]) -> Self:
        """Build a keyring from plain tokens, each named by the first 8 hex digits of its hash.

        Raises:
            SentivoxError: A token is shorter than `MIN_TOKEN_CHARS`.
        """
        digests: list[tuple[str, bytes]] = []
        for token in tokens:
            if len(token) < MIN_TOKEN_CHARS:
                raise SentivoxError(
                    f"a token needs at least {MIN_TOKEN_CHARS} characters; make one with:"
                    " sentivox token"
                )
            digest = hashlib.sha256(token.encode()).digest()
            digests.append((digest.hex()[:8], digest))
        return cls(tuple(digests))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a token file: one line `sha256:DIGEST NAME` per token; `#` begins a comment.

        Raises:
            SentivoxError: The file cannot be read, holds no token, or has a malformed line.
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
                    f"{path}, line {number}, is not a token hash; make one with: sentivox token"
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
        """The name of the holder of this token, or None if it is not on the keyring."""
        given, found = hashlib.sha256(token.encode()).digest(), None
        for name, digest in self.digests:  # no early exit, so that timing reveals nothing
            if hmac.compare_digest(digest, given):
                found = name
        return found


class Tickets:
    """Signs and checks tickets. The key is random per process, so a restart invalidates them all.

    Args:
        lifetime_s: Seconds for which a ticket is valid.
        clock: Returns seconds of a clock that changes of the system's time do not move.
    """

    def __init__(self, lifetime_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lifetime_s = lifetime_s
        self._signed = URLSafeTimedSerializer(
            secrets.token_bytes(32),
            signer=_Clocked,
            signer_kwargs={"digest_method": hashlib.sha256, "clock": clock},
        )

    def mint(self, holder: str) -> str:
        """Return a new ticket for this holder, valid for `lifetime_s` seconds from now."""
        return str(self._signed.dumps(holder))

    def holder(self, ticket: str) -> str | None:
        """The holder named in a ticket; None if it is forged, altered or expired."""
        try:
            return self._signed.loads(ticket, max_age=round(self.lifetime_s * _TICKS) - 1)
        except BadData:
            return None


class _Clocked(TimestampSigner):
    """Timestamps signatures with a clock of its own instead of the system's time."""

    def __init__(self, *key: Any, clock: Callable[[], float], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*key, **options)
        self._clock = clock

    def get_timestamp(self) -> int:
        """Time in hundredths of a second, so that lifetimes may be fractions of one."""
        return int(self._clock() * _TICKS)


class Authenticator:
    """Authenticates requests by token or ticket; accepts everyone if the keyring is empty.

    Args:
        keyring: The accepted tokens.
        ticket_s: Seconds for which a ticket is valid.
    """

    def __init__(self, keyring: Keyring, ticket_s: float) -> None:
        self.keyring = keyring
        self.tickets = Tickets(ticket_s)

    def bearer(self, headers: Mapping[str, str], subprotocols: Sequence[str] = ()) -> str:
        """Authenticate by token, from the `Authorization` header or the subprotocols.

        Returns:
            The name of the token's holder; "" if the server needs no token.

        Raises:
            Unauthorized: The token is missing or unknown.
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
        """Authenticate by a ticket in the query's `token`, or else by token as `bearer` does.

        Returns:
            The name of the holder; "" if the server needs no token.

        Raises:
            Unauthorized: There is neither, or the token is unknown, or the ticket is invalid or
                expired.
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


def sees_all(holder: str) -> bool:
    """Whether this holder sees everybody's stored conversations.

    An administrator does, and so does everybody where no token is needed.
    """
    return not holder or holder.startswith(ADMIN)


def accepted_subprotocol(subprotocols: Sequence[str]) -> str | None:
    """The subprotocol to accept: the scheme's name ("token"), never the token that follows it."""
    return next((name for name in subprotocols if name.lower() in _SCHEMES), None)


def _after_scheme(subprotocols: Sequence[str]) -> str:
    """The subprotocol that follows the scheme's name, which is the token; "" if there is none."""
    for name, value in itertools.pairwise(subprotocols):
        if name.lower() in _SCHEMES:
            return value
    return ""
