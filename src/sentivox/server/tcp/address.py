"""Where a server listens for clients that speak no HTTP: a TCP port, or a Unix socket."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from sentivox.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """A port, or the path of a Unix socket.

    Attributes:
        host: Name or address to listen on; "" for a Unix socket.
        port: TCP port; 0 takes any.
        path: Path of the Unix socket; None for TCP.
    """

    host: str
    port: int
    path: Path | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """The address that an operator names as tcp://HOST:PORT or unix:///PATH.

        Raises:
            UsageError: It is neither.
        """
        try:
            url = urlsplit(text)
            host, port = url.hostname, url.port
        except ValueError:
            url, host, port = urlsplit(""), None, None
        if url.scheme == "tcp" and host and port is not None and not url.path.strip("/"):
            return cls(host, port)
        if url.scheme == "unix" and not url.netloc and url.path:
            return cls("", 0, Path(url.path))
        raise UsageError(
            f"--wyoming takes tcp://HOST:PORT or unix:///PATH, such as tcp://127.0.0.1:10300, not"
            f" {text[:60]!r}"
        )

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"
