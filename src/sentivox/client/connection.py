"""One stream to a server, for asyncio programs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from types import NoneType
from typing import Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sentivox.client.link import Link, broke, receive, why
from sentivox.client.sent import Sent
from sentivox.errors import ConnectionFailed, UsageError
from sentivox.protocol.events import Begin, Error, Message, Termination
from sentivox.protocol.options import ChineseScript
from sentivox.system.usage import OneCaller, require, strings


class ClientStream:
    """An open stream. Iterating gives its events; it ends after Termination.

    Events wait in memory until they are taken, so sending and iterating may happen in one task
    or in two. When the connection breaks, the stream takes it up again: what the server did not
    get is sent once more, and no event is missed or comes twice. Where the server does not know
    the session any more, a new one begins, with a `Begin` among the events.

    Attributes:
        begin: The server's greeting: the config it applies, its limits and models.
    """

    def __init__(
        self, link: Link, socket: ClientConnection, begin: Begin, reconnect_s: float
    ) -> None:
        self.begin = begin
        self._link = link
        self._socket = socket
        self._reconnect_s = reconnect_s
        self._last_seq = begin.seq
        self._sent = Sent()
        self._sending = asyncio.Lock()
        self._reader = OneCaller("this stream")
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._left = False
        self._news: Begin | None = None
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

    async def send(self, audio: bytes | bytearray | memoryview) -> None:
        """Send audio, any number of bytes in the agreed format; empty is ignored.

        Raises:
            ConnectionFailed: the server is gone.
            UsageError: it is not bytes, or the stream is closed.
        """
        kinds = (bytes, bytearray, memoryview)
        require("audio", audio, kinds, "bytes, as samples.tobytes() gives")
        self._require_open()
        if audio:  # an empty frame would end the stream
            await self._send(bytes(audio))

    async def configure(
        self,
        *,
        language: str | None = None,
        modalities: Iterable[str] | None = None,
        endpointing: Mapping[str, float] | None = None,
        min_confidence: float | None = None,
        baseline: bool | None = None,
        chinese_script: ChineseScript | None = None,
        words: bool | None = None,
        interim: bool | None = None,
    ) -> None:
        """Change what is not None, before the first audio; a second Begin answers.

        Args:
            language: BCP-47 tag, such as "en" or "zh-CN", or "auto" to detect it.
            modalities: "text", "audio" or both.
            endpointing: Options by name, such as {"silence_s": 0.8}.
            min_confidence: A fused label less likely than this is called unknown, 0…1.
            baseline: Hear the tone of each utterance against those before it, or alone.
            chinese_script: "simplified", "traditional" or "original".
            words: Tell when each word was said, or not.
            interim: Tell the words so far at pauses, or not.
        """
        require("endpointing", endpointing, (Mapping, NoneType), "options by name")
        asked = {
            "language": language,
            "modalities": modalities and strings("modalities", modalities, '["text", "audio"]'),
            "endpointing": endpointing and dict(endpointing),
            "min_confidence": min_confidence,
            "baseline": baseline,
            "chinese_script": chinese_script,
            "words": words,
            "interim": interim,
        }
        chosen = {name: value for name, value in asked.items() if value is not None}
        await self._control("Configure", **chosen)

    async def keep_alive(self) -> None:
        """Say that we are still here though there is no audio."""
        await self._send('{"type":"KeepAlive"}', lasting=False)

    async def finalize(self) -> None:
        """End the utterance being spoken now."""
        await self._control("Finalize")

    async def summary(self) -> None:
        """Ask for a Summary so far; it comes as an event."""
        await self._control("Summary")

    async def close(self) -> None:
        """No more audio will come; events go on until Summary and Termination.

        Closing it again does nothing.
        """
        if not self._closed:
            await self._control("CloseStream")
            self._closed = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """The next event.

        Raises:
            ConnectionFailed: the connection ended before Termination, and why.
            UsageError: another task is taking the events.
        """
        if self._terminated:
            raise StopAsyncIteration
        self._require_usable()
        with self._reader:
            event = await self._next()
        self._last_seq = event.seq
        self._terminated = isinstance(event, Termination)
        if isinstance(event, Error) and event.fatal:
            self._problem = event.message
        return event

    async def leave(self) -> None:
        """Close the connection, whatever is outstanding."""
        self._left = True
        await self._socket.close()

    async def _next(self) -> Message:
        while True:
            if self._news is not None:
                news, self._news = self._news, None
                return news
            socket = self._socket
            try:
                event = await receive(socket)
            except ConnectionClosed as error:
                async with self._sending:
                    if self._socket is socket:  # else the sender was here first
                        await self._mend(error)
            else:
                # The old socket may have had it ready while the new one was asked for it.
                if event.session_id == self.session_id and event.seq > self._last_seq:
                    return event

    async def _control(self, kind: str, **fields: object) -> None:
        self._require_open()
        try:
            message = json.dumps({"type": kind, **fields})
        except (TypeError, ValueError) as error:
            raise UsageError(f"{kind} takes strings, numbers and True or False: {error}") from None
        await self._send(message)

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError("this stream is closed, and takes no more: open another")

    def _require_usable(self) -> None:
        if self._left:
            raise UsageError("the `async with` block of this stream is over: use it inside")
        if asyncio.get_running_loop() is not self._loop:
            raise UsageError(
                "this stream belongs to another event loop: use it where it was opened, as by"
                " asyncio.run_coroutine_threadsafe"
            )

    async def _send(self, data: str | bytes, *, lasting: bool = True) -> None:
        self._require_usable()
        async with self._sending:
            if lasting:
                self._sent.add(data)
            try:
                await self._socket.send(data)
            except ConnectionClosed as error:
                await self._mend(error)  # which sends it

    async def _mend(self, error: ConnectionClosed) -> None:
        """Take up a broken connection again; one task at a time."""
        if not broke(error) or self._terminated or not self._reconnect_s:
            raise ConnectionFailed(self._problem or why(error)) from None
        resume = {"session_id": self.session_id, "last_seq": str(self._last_seq)}
        try:
            socket, begin = await self._link.open_again(resume, self._reconnect_s)
        except ConnectionFailed as failure:
            self._reconnect_s, self._problem = 0.0, str(failure)  # the other task need not try
            raise
        self._socket, self.begin = socket, begin
        if begin.resumed:
            again = self._sent.since(begin.audio_bytes)
            if again is None:
                raise ConnectionFailed("too much audio was in transit when the connection broke")
        else:
            again = self._sent.restart()
            self._news, self._last_seq = begin, begin.seq
        with contextlib.suppress(ConnectionClosed):  # whoever uses it next will find out
            for message in again:
                await socket.send(message)
