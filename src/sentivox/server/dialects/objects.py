"""Messages of other services as JSON objects."""

from typing import Any, cast

import msgspec

from sentivox.errors import ProtocolError


def read_object(text: str, expected: str) -> dict[str, Any]:
    """The object that a message is.

    Args:
        text: The message.
        expected: What the error says a message is.

    Raises:
        ProtocolError: It is something else.
    """
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise ProtocolError(expected)
    return cast("dict[str, Any]", message)


def write_object(message: dict[str, Any]) -> str:
    """A message with this content."""
    return msgspec.json.encode(message).decode()


def typed(type: str, **fields: Any) -> str:  # noqa: A002, ANN401  (the wire's name)
    """A message whose `type` says what it is."""
    return write_object({"type": type, **fields})
