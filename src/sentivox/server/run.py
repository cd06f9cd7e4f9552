"""Binds a port and runs the app under uvicorn, with a graceful shutdown of sessions."""

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
from sentivox.server.admission.descriptors import ShortageHandler, most_connections
from sentivox.server.drain import CLOSE_S, drain
from sentivox.server.service import Service
from sentivox.server.tcp.address import Address
from sentivox.server.tcp.listener import Listener
from sentivox.server.uvicorn_protocols import HttpProtocol, SocketProtocol

TCP_USER_TIMEOUT_MS = 30_000
"""Milliseconds without a TCP acknowledgement after which the kernel drops a connection."""


class Server(uvicorn.Server):
    """A uvicorn server that drains sessions before it closes connections.

    Args:
        app: The application, as `create_app` returns it.
        log_level: Level of uvicorn's own log.
        certificate: PEM file with the certificate chain; if given, only TLS is served.
        key: PEM file with the private key, if the certificate's file does not hold it.

    Attributes:
        service: The `Service` of the app.
        wyoming: Listens for Wyoming's clients; None unless the operator asked for it.

    Raises:
        SentivoxError: The certificate or key cannot be used, or Wyoming's address.
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
        most, self.wyoming = most_connections(), None
        if settings.wyoming is not None:
            few = most // 4
            self.wyoming = Listener(self.service, _bind_wyoming(settings.wyoming), few)
            most -= few
        http = partial(HttpProtocol, settings, most)
        ws = partial(SocketProtocol, settings)
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[asyncio.Protocol]", http),
                ws=cast("type[asyncio.Protocol]", ws),
                log_level=log_level,
                access_log=False,  # its lines would hold query strings, and those may hold tokens
                ws_max_size=16 << 20,  # above max_frame_bytes, which gives the client a reason
                ws_per_message_deflate=False,  # PCM hardly compresses; it would only cost CPU
                # Pings keep proxies from timing out, but pongs are not: those of an upload queue
                # behind its audio. Dead clients are found by the idle timeout and by
                # TCP_USER_TIMEOUT_MS.
                ws_ping_timeout=None,
                server_header=False,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start up, and keep a shortage of file descriptors from flooding the log."""
        asyncio.get_running_loop().set_exception_handler(ShortageHandler().handle)
        await super().startup(sockets)
        if self.wyoming is not None:
            await self.wyoming.start()

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop; also true if the models could not be loaded."""
        return await super().on_tick(counter) or self.service.failure is not None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain the sessions first, because uvicorn's shutdown cuts every WebSocket at once."""
        if self.wyoming is not None:
            self.wyoming.stop()
        await drain(self.service)
        # Uvicorn waits until sent data has been read, and then until open responses end.
        asyncio.get_running_loop().call_later(CLOSE_S, self._cut)
        if self.wyoming is not None:
            await self.wyoming.wait_closed()
        self.config.timeout_graceful_shutdown = 1  # twice LAST_S
        await super().shutdown(sockets)

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.wyoming is not None:
            self.wyoming.cut()


def _check_certificate(certificate: Path, key: Path | None) -> None:
    """Check the files before the models load; uvicorn would fail later, with a traceback."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        named = certificate if key is None else f"{certificate} and {key}"
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise SentivoxError(f"{named} cannot be used for TLS: {reason}") from None


def bind(host: str, port: int, flag: str = "--host or --port") -> socket.socket:
    """Open a listening TCP socket; port 0 picks a free port.

    Args:
        host: Name or address to listen on.
        port: The port.
        flag: Flag to change if that is not possible, for the error message.

    Raises:
        SentivoxError: The address is in use, is not one of this machine, or needs privileges.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        msg = f"cannot listen on {host} port {port}: {reason}; choose another with {flag}"
        raise SentivoxError(msg) from None
    return listener


def _bind_wyoming(address: Address) -> socket.socket:
    """Open a listening socket at Wyoming's address; the file of a Unix socket is replaced.

    Raises:
        SentivoxError: It cannot listen there.
    """
    if address.path is None:
        return bind(address.host, address.port, "--wyoming")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if address.path.is_socket():
            address.path.unlink()
        listener.bind(str(address.path))
        listener.listen(512)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        msg = f"cannot listen on {address}: {reason}; choose another with --wyoming"
        raise SentivoxError(msg) from None
    return listener


def _ignore_signal(number: int, frame: FrameType | None) -> None:
    """Ignore a signal that has already been handled."""


def _hung_up(server: Server, number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """Shut down gracefully when the terminal closes (SIGHUP)."""
    server.handle_exit(signal.SIGTERM, frame)


def run(server: Server, listener: socket.socket) -> None:
    """Serve until a signal asks to stop.

    Raises:
        SentivoxError: The models could not be loaded.
    """
    if threading.current_thread() is threading.main_thread():
        # Uvicorn raises the signal again once it has shut down, when it is no longer needed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _ignore_signal)
        # A closing terminal stops the server too, unless SIGHUP is ignored, as under nohup.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, partial(_hung_up, server))
    server.run(sockets=[listener])
    if server.service.failure is not None:
        raise SentivoxError(server.service.failure)
