"""Builds a stream's WebSocket URL from a server's address and the requested options."""

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from sentivox.errors import ConnectionFailed
from sentivox.protocol.option_values import option_text
from sentivox.protocol.options import SEVERAL
from sentivox.system.usage import require, require_strings

_SECURE = {"ws": "", "wss": "s", "http": "", "https": "s"}
"""Accepted schemes, with the suffix "s" if they use TLS."""

_STREAM_PATHS = ("/v1/stream", "/ws/analyze")
"""Paths of the stream endpoint."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def stream_url(url: str, **asked: object) -> str:
    """The URL of a stream, with scheme, path and query filled in if `url` lacks them.

    Args:
        url: Address of the server or of its stream.
        asked: Options of `StreamOptions`. None leaves an option to the server, except that
            `language=None` asks it to detect the language.

    Raises:
        ConnectionFailed: `url` is not the address of a server.
    """
    parts = _parsed(url)
    for name in SEVERAL.keys() & asked.keys():
        if asked[name] is not None or name == "modalities":
            asked[name] = require_strings(name, asked[name], SEVERAL[name])
        if asked[name] == [] and name != "modalities":
            asked[name] = None  # no names and none given are the same
    query = {
        name: option_text(value)
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
    """The base URL of the server's HTTP endpoints, including a proxy's sub-path if any.

    Args:
        url: Address of the server or of its stream.

    Raises:
        ConnectionFailed: `url` is not the address of a server.
    """
    parts = _parsed(url)
    path = parts.path
    for own in _STREAM_PATHS:
        path = path.removesuffix(own)
    return f"http{_SECURE[parts.scheme]}://{parts.netloc}{path.rstrip('/')}"


def _parsed(url: str) -> SplitResult:
    """Split the address of a server; a bare host:port gets the scheme ws."""
    require("url", url, str, "a server's address such as http://127.0.0.1:8000")
    try:
        parts = urlsplit(url if "://" in url else f"ws://{url}")
        _ = parts.port  # raises ValueError if invalid; urlsplit does not check it
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _SECURE or not parts.hostname:
        raise ConnectionFailed(
            f"{without_query(url)!r} is not a server's address such as http://127.0.0.1:8000"
        )
    return parts


def with_query(url: str, more: Mapping[str, str]) -> str:
    """The URL with these query parameters added, replacing those of the same name."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | dict(more)
    return urlunsplit(parts._replace(query=urlencode(query, safe=",")))


def without_query(url: str) -> str:
    """The URL without its query, which may hold a token, for messages."""
    return url.partition("?")[0]


def is_local(url: str) -> bool:
    """Whether the server is on this machine, so that no proxy should be used."""
    return urlsplit(url).hostname in _LOOPBACK
