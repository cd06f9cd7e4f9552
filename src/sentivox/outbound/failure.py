"""The error of a request that got no answer."""

from typing import Literal

from sentivox.errors import SentivoxError

Kind = Literal["address", "dns", "connect", "tls", "timeout", "http"]
"""What failed: the address is not allowed, or the stage of the request that went wrong."""


class NoAnswer(SentivoxError):  # noqa: N818  (reads as what happened)
    """A request that got no answer. The message is one line without path, query and headers.

    Args:
        kind: What failed.
        message: The line; it names the host at most.

    Attributes:
        kind: What failed.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind
