"""One paced stream, which sends audio as a microphone would and times the events it gets."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sentivox.client.link import Link, why
from sentivox.errors import ConnectionFailed
from sentivox.load.protocol import Begun, Ended, Failed, Heard, LoadProtocol, Result, Warned
from sentivox.types import SAMPLE_RATE, Int16Array

FINISH_S = 30.0
"""Seconds that a server may take after the last audio."""


@dataclass(slots=True)
class CallOutcome:
    """The outcome of one stream, or of several together.

    Attributes:
        opened: Number of streams that the server accepted.
        utterances: Number of final results.
        latencies: Seconds from sending the audio from which the latency of a final result counts
            until it arrived, one per result for which the protocol says which audio that is.
        worded: Number of utterances with a transcript.
        degraded: Number of utterances that lacked something, by reason.
        warnings: Number of warnings, by code.
        dropped_seconds: Seconds of audio that the server dropped.
        errors: One line for each failure.
        profile: The server's profile of models, if a stream was accepted and was told it.
    """

    opened: int = 0
    utterances: int = 0
    latencies: list[float] = field(default_factory=list[float])
    worded: int = 0
    degraded: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])
    dropped_seconds: float = 0.0
    errors: list[str] = field(default_factory=list[str])
    profile: str | None = None

    def add(self, other: "CallOutcome") -> None:
        """Add the outcome of another stream."""
        self.opened += other.opened
        self.utterances += other.utterances
        self.latencies += other.latencies
        self.worded += other.worded
        self.degraded += other.degraded
        self.warnings += other.warnings
        self.dropped_seconds += other.dropped_seconds
        self.errors += other.errors
        self.profile = self.profile or other.profile


class PacedCall:
    """A stream that sends audio to a server in real time.

    Args:
        link: The server.
        audio: Mono int16 at 16 kHz, shape (n,).
        frame_s: Seconds of audio in a message.
        protocol: The protocol to speak.

    Attributes:
        outcome: The outcome so far.

    Raises:
        UsageError: The protocol has no messages of `frame_s`.
    """

    def __init__(
        self, link: Link, audio: Int16Array, frame_s: float, protocol: LoadProtocol
    ) -> None:
        self._link = link
        self._protocol = protocol
        self._frame = round(frame_s * SAMPLE_RATE)
        self._messages = protocol.encode(audio, self._frame)
        self._read = protocol.reader()
        self._ready = asyncio.Event()
        self._ended = not protocol.ends
        self._began = 0.0
        self.outcome = CallOutcome()

    async def run(self, wait_s: float) -> CallOutcome:
        """Wait `wait_s` seconds, then send all audio; failures are recorded, not raised."""
        await asyncio.sleep(wait_s)
        try:
            socket = await self._link.connect()
        except ConnectionFailed as error:
            self.outcome.errors.append(str(error))
            return self.outcome
        async with socket:
            listening = asyncio.create_task(self._listen(socket))
            try:
                await self._talk(socket)
                await asyncio.wait_for(listening, FINISH_S)
            except ConnectionClosed:
                await listening
            except TimeoutError:
                self.outcome.errors.append(f"no end {FINISH_S:.0f} s after the last audio")
        return self.outcome

    async def _talk(self, socket: ClientConnection) -> None:
        """Say hello, send all audio in real time, and say that it was all."""
        clock: Callable[[], float] = asyncio.get_running_loop().time
        for message in self._protocol.hello:
            await socket.send(message)
        if self._protocol.greets:
            await self._ready.wait()
        else:
            self._note(Begun(), 0.0)
        self._began = clock()
        for n, message in enumerate(self._messages, start=1):
            await asyncio.sleep(self._began + n * self._frame / SAMPLE_RATE - clock())
            await socket.send(message)
        for message in self._protocol.farewell:
            await socket.send(message)

    async def _listen(self, socket: ClientConnection) -> None:
        """Record what the server says until it closes the connection or has told everything."""
        clock: Callable[[], float] = asyncio.get_running_loop().time
        try:
            async for message in socket:
                for heard in self._read(message):
                    self._note(heard, clock() - self._began)
                if self._ended and self._protocol.ends:
                    return
        except ConnectionClosed as error:
            self._fail(why(error))
        else:
            if not self._ended:
                self._fail("closed before the end")
        finally:
            self._ready.set()  # or it would be waited for in vain

    def _fail(self, reason: str) -> None:
        """Record why the connection ended, unless an error of the server has said it."""
        self.outcome.errors = self.outcome.errors or [reason]

    def _note(self, heard: Heard, now: float) -> None:
        """Record what was heard `now` seconds after the first audio was due."""
        match heard:
            case Begun():
                self.outcome.opened = 1
                self.outcome.profile = heard.profile
                self._ready.set()
            case Result():
                self.outcome.utterances += 1
                # The audio that ends at second `since` was sent at that second.
                if heard.since is not None:
                    self.outcome.latencies.append(now - heard.since)
                self.outcome.worded += heard.worded
                self.outcome.degraded.update(why.partition(":")[0] for why in heard.degraded)
            case Warned():
                self.outcome.warnings[heard.code] += 1
                self.outcome.dropped_seconds += heard.dropped_seconds
            case Failed():
                self.outcome.errors.append(heard.message)
            case Ended():
                self._ended = True
