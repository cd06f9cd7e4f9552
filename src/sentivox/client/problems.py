"""Error messages for a server that cannot be reached or refuses: one line that says what to do."""

import json
import ssl
from typing import Any, cast
from urllib.error import URLError

from sentivox.client.address import without_query
from sentivox.client.tls import explained, speaks_tls, wants_tls


def refused(url: str, status: int, body: str, *, token: bool) -> str:
    """The message for an HTTP response with an error status.

    Args:
        url: URL of the request.
        status: Status of the response.
        body: Body of the response, in which a Sentivox server says what to do.
        token: Whether a token was sent.
    """
    where = without_query(url)
    if status == 401:
        return token_refused(where, given=token)
    if status == 400 and speaks_tls(url):  # some TLS servers answer plain HTTP with 400
        return wants_tls(url)
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    fields = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    # /readyz uses "reason", and the handshake of Deepgram's protocol "err_msg".
    detail = fields.get("detail", fields.get("reason", fields.get("err_msg")))
    if isinstance(detail, str):
        return f"{where} answers {status}: {' '.join(detail.split())}"
    return f"{where} answers {status}: is it a Sentivox server?"


def token_refused(where: str, *, given: bool) -> str:
    """The message for a token that is missing or, if one was `given`, rejected."""
    if given:
        return f"{where} rejected this token: check SENTIVOX_TOKEN (in Python, token=…)"
    return f"{where} requires a token: set SENTIVOX_TOKEN (in Python, token=…); ask its operator"


def unreachable(url: str, error: Exception) -> str:
    """The message for a connection that failed, or over which no valid protocol was spoken."""
    where = without_query(url)
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLError):
        return explained(cause, url)
    if isinstance(cause, TimeoutError):
        return f"{where} does not answer: is it the right address?"
    if _went_silent(cause) and speaks_tls(url):
        return wants_tls(url)
    if isinstance(cause, OSError) and not _went_silent(cause):
        said = cause.strerror or cause
        return f"no server at {where} ({said}); start one: sentivox serve"
    said = " ".join(str(cause).split()) or type(cause).__name__
    return f"{where} does not speak the protocol ({said}): is it a Sentivox server?"


def _went_silent(cause: object) -> bool:
    """Whether a peer was there, but closed the connection or broke the protocol."""
    return isinstance(cause, ConnectionResetError | BrokenPipeError) or not isinstance(
        cause, OSError
    )
