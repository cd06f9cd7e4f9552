"""One stream to a server, for asyncio programs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from types import NoneType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sentivox.client.link import Link, broke, receive, why
from sentivox.client.sent import Sent
from sentivox.errors import ConnectionFailed, UsageError
from sentivox.protocol.events import Begin, Error, Message, Termination
from sentivox.protocol.options import SEVERAL, ChineseScript, Role
from sentivox.system.usage import ExclusiveUse, require, require_strings, require_tables


class ClientStream:
    """An open stream, as `connect` yields it. Iterating gives its events, up to Termination.

    Events are held in memory until they are taken, so sending and iterating may happen in one task
    or in two. A broken connection is restored: audio that the server did not receive is sent
    again, and no event is lost or repeated. If the server no longer knows the session, a new one
    begins, with a `Begin` among the events.

    Args:
        link: How to reach the server.
        socket: The open connection.
        begin: The server's greeting.
        reconnect_s: Seconds to keep trying to restore a broken connection; 0 does not try.

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
        self._reader = ExclusiveUse("this stream")
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._left = False
        self._news: Begin | None = None
        self._terminated = False
        self._problem: str | None = None

    @property
    def session_id(self) -> str:
        """Identifier of the session on the server."""
        return self.begin.session_id

    @property
    def events(self) -> AsyncIterator[Message]:
        """All events after Begin; the same iterator as the stream itself."""
        return self

    async def send(self, audio: bytes | bytearray | memoryview) -> None:
        """Send audio, any number of bytes in the agreed format; empty input is ignored.

        Raises:
            ConnectionFailed: The connection was lost and could not be restored.
            UsageError: `audio` is not bytes, or the stream is closed.
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
        live_voice: bool | None = None,
        channel_names: Iterable[str] | None = None,
        roles: Iterable[Role] | None = None,
        tags: Iterable[str] | None = None,
        alerts: Iterable[Mapping[str, Any]] | None = None,
    ) -> None:
        """Change the options that are not None, before any audio; the server answers with a Begin.

        Args:
            language: BCP-47 tag, such as "en" or "zh-CN", or "auto" to detect it.
            modalities: "text", "audio" or both.
            endpointing: Options by name, such as {"silence_s": 0.8}.
            min_confidence: Probability (0…1) below which a label becomes "unclear".
            baseline: Judge the tone of each utterance relative to earlier ones of its channel
                (True), or on its own (False).
            chinese_script: Script of Chinese text: "simplified", "traditional" or "original".
            words: Whether to include the times of each word, in `Utterance.words`.
            interim: Whether to send the transcript so far at pauses, as `InterimTranscript`.
            live_voice: Whether the more accurate model of whole utterances reports live tone.
            channel_names: A name for each channel, for people.
            roles: For each channel "agent", "customer" or "other".
            tags: Tags under which a server that stores conversations finds this one.
            alerts: Alert rules of this session, as dicts with the keys of docs/alerts.md.

        Raises:
            ConnectionFailed: The connection was lost and could not be restored.
            UsageError: An argument is of the wrong type, or the stream is closed.
        """
        require("endpointing", endpointing, (Mapping, NoneType), "options by name")
        asked: dict[str, Any] = {
            "language": language,
            "endpointing": endpointing and dict(endpointing),
            "min_confidence": min_confidence,
            "baseline": baseline,
            "chinese_script": chinese_script,
            "words": words,
            "interim": interim,
            "live_voice": live_voice,
        }
        several = {
            "modalities": modalities,
            "channel_names": channel_names,
            "roles": roles,
            "tags": tags,
        }
        asked |= {
            name: require_strings(name, value, SEVERAL[name])
            for name, value in several.items()
            if value is not None
        }
        if alerts is not None:
            asked["alerts"] = require_tables("alerts", alerts)
        chosen = {name: value for name, value in asked.items() if value is not None}
        await self._control("Configure", **chosen)

    async def keep_alive(self) -> None:
        """Keep the session open while there is no audio."""
        await self._send('{"type":"KeepAlive"}', lasting=False)

    async def finalize(self) -> None:
        """End the utterance being spoken now."""
        await self._control("Finalize")

    async def summary(self) -> None:
        """Request a Summary of the session so far, which comes as an event."""
        await self._control("Summary")

    async def close(self) -> None:
        """End the audio; the events continue up to Summary and Termination.

        Closing the stream again does nothing.
        """
        if not self._closed:
            await self._control("CloseStream")
            self._closed = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """The next event.

        Raises:
            ConnectionFailed: The connection ended before Termination.
            UsageError: Another task is taking the events.
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
        """Close the connection at once, without waiting for outstanding events."""
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
                    if self._socket is socket:  # otherwise the sending task has reconnected
                        await self._mend(error)
            else:
                # After a reconnection, the old socket may still hold events that the new one sends.
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
                await self._mend(error)  # sends `data` too, if it is lasting

    async def _mend(self, error: ConnectionClosed) -> None:
        """Restore a broken connection and send again what the server lacks.

        The caller holds the lock `_sending`.

        Raises:
            ConnectionFailed: The connection was closed on purpose or could not be restored, or too
                much audio had been in transit.
        """
        if not broke(error) or self._terminated or not self._reconnect_s:
            raise ConnectionFailed(self._problem or why(error)) from None
        resume = {"session_id": self.session_id, "last_seq": str(self._last_seq)}
        try:
            socket, begin = await self._link.open_again(resume, self._reconnect_s)
        except ConnectionFailed as failure:
            self._reconnect_s, self._problem = 0.0, str(failure)  # the other task must not retry
            raise
        self._socket, self.begin = socket, begin
        if begin.resumed:
            again = self._sent.since(begin.audio_bytes)
            if again is None:
                raise ConnectionFailed("too much audio was in transit when the connection broke")
        else:
            again = self._sent.restart()
            self._news, self._last_seq = begin, begin.seq
        with contextlib.suppress(ConnectionClosed):  # the next use of the socket will notice
            for message in again:
                await socket.send(message)
