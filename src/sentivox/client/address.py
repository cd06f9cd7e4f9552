"""Where a stream is: a server's address and what is asked of it, as one WebSocket URL."""

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from sentivox.errors import ConnectionFailed
from sentivox.protocol.option_values import text_of
from sentivox.system.usage import require, strings

_SECURE = {"ws": "", "wss": "s", "http": "", "https": "s"}
_STREAM_PATHS = ("/v1/stream", "/ws/analyze")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def stream_url(url: str, **asked: object) -> str:
    """The address of a stream: scheme, path and query filled in where `url` leaves them out.

    Args:
        url: Of the server, or of its stream.
        asked: Options of `StreamOptions`; what is None is left to the server, but for a language,
            which is then to be detected.

    Raises:
        ConnectionFailed: `url` is no address of a server.
    """
    parts = _parsed(url)
    if "modalities" in asked:
        asked["modalities"] = strings("modalities", asked["modalities"], '["text", "audio"]')
    query = {
        name: text_of(value)
        for name, value in asked.items()
        if value is not None or name == "language"
    }
    query |= dict(parse_qsl(parts.query))
    path = parts.path
    if not path.endswith(_STREAM_PATHS):
        path = f"{path.rstrip('/')}{_STREAM_PATHS[0]}"
    scheme = f"ws{_SECURE[parts.scheme]}"
    return urlunsplit((scheme, parts.netloc, path, urlencode(query, safe=","), ""))


def server_url(url: str) -> str:
    """Where the server's other paths begin: http or https, host, and a proxy's sub-path if any.

    Args:
        url: Of the server or of its stream.

    Raises:
        ConnectionFailed: it is no address of a server.
    """
    parts = _parsed(url)
    path = parts.path
    for own in _STREAM_PATHS:
        path = path.removesuffix(own)
    return f"http{_SECURE[parts.scheme]}://{parts.netloc}{path.rstrip('/')}"


def _parsed(url: str) -> SplitResult:
    require("url", url, str, "a server's address such as http://127.0.0.1:8000")
    try:
        parts = urlsplit(url if "://" in url else f"ws://{url}")
        _ = parts.port  # checked only when it is asked for
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _SECURE or not parts.hostname:
        raise ConnectionFailed(
            f"{without_query(url)!r} is not a server's address such as http://127.0.0.1:8000"
        )
    return parts


def with_query(url: str, more: Mapping[str, str]) -> str:
    """The address with these parameters, in place of those of the same name."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | dict(more)
    return urlunsplit(parts._replace(query=urlencode(query, safe=",")))


def without_query(url: str) -> str:
    """The address as it may be shown: a query can hold a token."""
    return url.partition("?")[0]


def is_local(url: str) -> bool:
    """Whether the server is on this machine, where no proxy belongs in between."""
    return urlsplit(url).hostname in _LOOPBACK
