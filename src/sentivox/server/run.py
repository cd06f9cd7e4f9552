"""Binds a port and runs the app under uvicorn, with a shutdown that lets sessions finish."""

import asyncio
import signal
import socket
import ssl
import threading
from functools import partial
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn
from fastapi import FastAPI

from sentivox.errors import SentivoxError
from sentivox.server.admission.descriptors import Shortage, most_connections
from sentivox.server.drain import LAST_S, drain
from sentivox.server.service import Service
from sentivox.server.uvicorn_protocols import HttpProtocol, SocketProtocol

UNREAD_MS = 30_000
"""After this long without an acknowledgement the kernel drops a peer that went silent."""


class Server(uvicorn.Server):
    """Uvicorn, but sessions are drained before connections are closed.

    Args:
        app: Of `create_app`.
        log_level: Of uvicorn's own log.
        certificate: PEM file with the certificate chain: serve TLS only.
        key: PEM file with its private key, where the certificate's file does not hold it.

    Attributes:
        service: What the app holds.

    Raises:
        SentivoxError: certificate or key cannot be used.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        log_level: str = "warning",
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        if certificate is not None:
            _check_certificate(certificate, key)
        self.service: Service = app.state.service
        settings = self.service.settings
        http = partial(HttpProtocol, settings, most_connections())
        ws = partial(SocketProtocol, settings)
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[asyncio.Protocol]", http),
                ws=cast("type[asyncio.Protocol]", ws),
                log_level=log_level,
                access_log=False,  # its lines would hold query strings, and those may hold tokens
                ws_max_size=16 << 20,  # above our own limit, which explains itself to the client
                ws_per_message_deflate=False,  # audio does not shrink; it would only cost CPU
                # Pings keep proxies content, but answers are not timed: an upload's wait behind
                # its audio. Who is really gone is found by the idle timeout and by UNREAD_MS.
                ws_ping_timeout=None,
                server_header=False,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Also see to it that a lack of descriptors does not fill the log."""
        asyncio.get_running_loop().set_exception_handler(Shortage().handle)
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Also stop when the models could not be loaded."""
        return await super().on_tick(counter) or self.service.failure is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain first: uvicorn's own shutdown cuts every WebSocket at once."""
        await drain(self.service)
        # Uvicorn waits for what it has sent to be read, and then for what answers to end.
        asyncio.get_running_loop().call_later(LAST_S, self._cut)
        self.config.timeout_graceful_shutdown = 1  # twice LAST_S
        await super().shutdown(sockets)

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _check_certificate(certificate: Path, key: Path | None) -> None:
    """Try them before the models load; uvicorn would only show a traceback."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        named = certificate if key is None else f"{certificate} and {key}"
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise SentivoxError(f"{named} cannot be used for TLS: {reason}") from None


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        SentivoxError: the address is taken, or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        msg = f"cannot listen on {host} port {port}: {reason}; choose another with --host or --port"
        raise SentivoxError(msg) from None
    return listener


def _obeyed(number: int, frame: FrameType | None) -> None:
    """A signal that has had its effect already."""


def _hung_up(server: Server, number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """The terminal has gone."""
    server.handle_exit(signal.SIGTERM, frame)


def run(server: Server, listener: socket.socket) -> None:
    """Serve until a signal asks to stop.

    Raises:
        SentivoxError: the models could not be loaded.
    """
    if threading.current_thread() is threading.main_thread():
        # Uvicorn repeats the signal once it is done; by then it has been obeyed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _obeyed)
        # A terminal that closes asks too, unless we are to outlive it, as under nohup.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, partial(_hung_up, server))
    server.run(sockets=[listener])
    if server.service.failure is not None:
        raise SentivoxError(server.service.failure)
