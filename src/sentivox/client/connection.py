"""One stream to a server, for asyncio programs."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, Self

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from sentivox.client.address import is_local, stream_url, without_query
from sentivox.errors import ConnectionFailed
from sentivox.stream.events import Begin, Error, Message, Termination, decode

DEFAULT_URL: Final = "ws://127.0.0.1:8000"

_MEANINGS: Final = {
    1006: "the connection broke",
    1011: "the server made a mistake",
    1012: "the server is shutting down",
    1013: "the server is full or not ready; try again soon",
}


class ClientStream:
    """An open stream. Iterating gives its events; it ends after Termination.

    Events wait in memory until they are taken, so sending and iterating may happen in one task
    or in two.

    Attributes:
        begin: The server's greeting: the config it applies, its limits and models.
    """

    def __init__(self, socket: ClientConnection, begin: Begin) -> None:
        self.begin = begin
        self._socket = socket
        self._terminated = False
        self._problem: str | None = None

    @property
    def session_id(self) -> str:
        """The session's name on the server."""
        return self.begin.session_id

    @property
    def events(self) -> AsyncIterator[Message]:
        """All events after Begin; the same iterator as the stream itself."""
        return self

    async def send(self, audio: bytes) -> None:
        """Send audio, any number of bytes in the agreed format; empty is ignored.

        Raises:
            ConnectionFailed: the server is gone.
        """
        if audio:  # an empty frame would end the stream
            await self._send(audio)

    async def configure(
        self,
        *,
        language: str | None = None,
        modalities: Iterable[str] | None = None,
        endpointing: Mapping[str, float] | None = None,
    ) -> None:
        """Change what is not None, before the first audio; a second Begin answers.

        Args:
            language: BCP-47 primary tag, or "auto" to detect it.
            modalities: "text", "audio" or both.
            endpointing: Options by name, such as {"silence_s": 0.8}.
        """
        options = {
            "language": language,
            "modalities": None if modalities is None else list(modalities),
            "endpointing": None if endpointing is None else dict(endpointing),
        }
        chosen = {name: value for name, value in options.items() if value is not None}
        await self._control("Configure", **chosen)

    async def keep_alive(self) -> None:
        """Say that we are still here though there is no audio."""
        await self._control("KeepAlive")

    async def finalize(self) -> None:
        """End the utterance being spoken now."""
        await self._control("Finalize")

    async def summary(self) -> None:
        """Ask for a Summary so far; it comes as an event."""
        await self._control("Summary")

    async def close(self) -> None:
        """No more audio will come; events go on until Summary and Termination."""
        await self._control("CloseStream")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """The next event.

        Raises:
            ConnectionFailed: the connection ended before Termination, and why.
        """
        if self._terminated:
            raise StopAsyncIteration
        try:
            event = await _receive(self._socket)
        except ConnectionClosed as error:
            raise ConnectionFailed(self._problem or _why(error)) from None
        self._terminated = isinstance(event, Termination)
        if isinstance(event, Error) and event.fatal:
            self._problem = event.message
        return event

    async def _control(self, kind: str, **fields: object) -> None:
        await self._send(json.dumps({"type": kind, **fields}))

    async def _send(self, data: str | bytes) -> None:
        try:
            await self._socket.send(data)
        except ConnectionClosed as error:
            raise ConnectionFailed(self._problem or _why(error)) from None


@asynccontextmanager
async def connect(
    url: str = DEFAULT_URL,
    *,
    sample_rate: int = 16_000,
    encoding: str = "linear16",
    channels: int = 1,
    language: str | None = "en",
    modalities: Iterable[str] = ("text", "audio"),
    upload: bool = False,
    token: str | None = None,
) -> AsyncGenerator[ClientStream]:
    """Open a stream and wait for its Begin. Leaving the block closes the connection.

    Args:
        url: Of the server; http(s) and a bare host:port are understood, the path is /v1/stream
            unless another is given.
        sample_rate: Hz, 8000 to 48000.
        encoding: "linear16", "linear32f", "mulaw" or "alaw".
        channels: 1, or 2 interleaved: two speakers, each with a channel of their own.
        language: BCP-47 primary tag of the speech, or None to detect it.
        modalities: "text", "audio" or both.
        upload: You will send faster than real time. The server then holds you back at times,
            and answers to pings wait behind the audio, so they are not timed.
        token: What lets us use the server, where it wants one; sent as a header.

    Raises:
        ConnectionFailed: no server there, or it refused, and why.
    """
    address = stream_url(
        url,
        sample_rate=sample_rate,
        encoding=encoding,
        channels=channels,
        language=language,
        modalities=modalities,
    )
    socket = await _open(address, upload=upload, token=token)
    async with socket:
        yield ClientStream(socket, await _greeting(socket))


async def _open(address: str, *, upload: bool, token: str | None) -> ClientConnection:
    shown = without_query(address)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        return await open_socket(
            address,
            additional_headers=headers,
            proxy=None if is_local(address) else True,
            ping_timeout=None if upload else 20,
            max_queue=None,  # a server whose results are not read would cut us off
            compression=None,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        msg = f"{shown} answered HTTP {status}: is that a Sentivox server?"
    except (WebSocketException, EOFError) as error:
        msg = f"{shown} does not speak the protocol: {str(error) or type(error).__name__}"
    except TimeoutError:
        msg = f"{shown} does not answer"
    except OSError as error:
        msg = f"no server at {shown} ({error.strerror or error}); start one with: sentivox serve"
    raise ConnectionFailed(msg)


async def _greeting(socket: ClientConnection) -> Begin:
    try:
        event = await _receive(socket)
    except ConnectionClosed as error:
        raise ConnectionFailed(_why(error)) from None
    if isinstance(event, Error):
        raise ConnectionFailed(event.message)
    if not isinstance(event, Begin):
        raise ConnectionFailed("the server did not begin with Begin: is it a Sentivox server?")
    return event


async def _receive(socket: ClientConnection) -> Message:
    data = await socket.recv()
    try:
        return decode(data)
    except msgspec.DecodeError as error:
        raise ConnectionFailed(f"the server sent something unknown: {error}") from None


def _why(error: ConnectionClosed) -> str:
    code = error.rcvd.code if error.rcvd is not None else 1006
    reason = error.rcvd.reason if error.rcvd is not None else ""
    return f"connection closed ({code}): {reason or _MEANINGS.get(code, 'by the server')}"
