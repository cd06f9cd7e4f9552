"""Where a stream is: a server's address and what is asked of it, as one WebSocket URL."""

from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from sentivox.errors import ConnectionFailed

_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def stream_url(
    url: str,
    *,
    sample_rate: int,
    encoding: str,
    channels: int,
    language: str | None,
    modalities: Iterable[str],
) -> str:
    """The address of a stream: scheme, path and query filled in where `url` leaves them out.

    Raises:
        ConnectionFailed: `url` is no address of a server.
    """
    parts = _parsed(url if "://" in url else f"ws://{url}")
    if parts is None:
        raise ConnectionFailed(f"{url!r} is not a server's address such as ws://127.0.0.1:8000")
    query = {
        "sample_rate": str(sample_rate),
        "encoding": encoding,
        "channels": str(channels),
        "language": language or "auto",
        "modalities": ",".join(modalities),
    } | dict(parse_qsl(parts.query))
    path = parts.path if parts.path not in {"", "/"} else "/v1/stream"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, urlencode(query, safe=","), ""))


def _parsed(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when it is asked for
    except ValueError:
        return None
    return parts if parts.scheme in _SCHEMES and parts.hostname else None


def with_query(url: str, more: Mapping[str, str]) -> str:
    """The address with these parameters, in place of those of the same name."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | dict(more)
    return urlunsplit(parts._replace(query=urlencode(query, safe=",")))


def without_query(url: str) -> str:
    """The address as it may be shown: a query can hold a token."""
    return urlunsplit(urlsplit(url)._replace(query=""))


def is_local(url: str) -> bool:
    """Whether the server is on this machine, where no proxy belongs in between."""
    return urlsplit(url).hostname in _LOOPBACK
