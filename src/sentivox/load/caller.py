"""One paced stream, which sends audio as a microphone would and times the events it gets."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sentivox.client.link import Link, why
from sentivox.errors import ConnectionFailed
from sentivox.types import SAMPLE_RATE, Int16Array

FINISH_S = 30.0
"""Seconds that a server may take after the last audio."""


class EventFields(msgspec.Struct):
    """The fields of an event that matter here; others are not parsed, to save the client's CPU."""

    type: str
    t: float = 0.0
    utterance_id: int = -1
    final: bool = False
    transcript: str | None = None
    degraded: list[str] = msgspec.field(default_factory=list[str])
    code: str = ""
    message: str = ""
    detail: dict[str, object] = msgspec.field(default_factory=dict[str, object])


@dataclass(slots=True)
class CallOutcome:
    """The outcome of one stream, or of several together.

    Attributes:
        latencies: Seconds from sending the audio that decides an endpoint until the final
            Utterance arrived, one per utterance.
        worded: Number of utterances with a transcript.
        degraded: Number of utterances that lacked something, by reason.
        warnings: Number of warnings, by code.
        dropped_seconds: Seconds of audio that the server dropped.
        errors: One line for each failure.
        profile: The server's profile of models, if a stream was accepted.
    """

    latencies: list[float] = field(default_factory=list[float])
    worded: int = 0
    degraded: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])
    dropped_seconds: float = 0.0
    errors: list[str] = field(default_factory=list[str])
    profile: str | None = None

    def add(self, other: "CallOutcome") -> None:
        """Add the outcome of another stream."""
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

    Attributes:
        outcome: The outcome so far.
    """

    def __init__(self, link: Link, audio: Int16Array, frame_s: float) -> None:
        self._link = link
        self._audio = audio
        self._frame = round(frame_s * SAMPLE_RATE)
        self._began = 0.0
        self._ended: dict[int, float] = {}
        self.outcome = CallOutcome()

    async def run(self, wait_s: float) -> CallOutcome:
        """Wait `wait_s` seconds, then send all audio; failures are recorded, not raised."""
        await asyncio.sleep(wait_s)
        try:
            socket, begin = await self._link.open()
        except ConnectionFailed as error:
            self.outcome.errors.append(str(error))
            return self.outcome
        self.outcome.profile = begin.profile
        async with socket:
            listening = asyncio.create_task(self._listen(socket))
            try:
                await self._talk(socket)
                await asyncio.wait_for(listening, FINISH_S)
            except ConnectionClosed:
                await listening
            except TimeoutError:
                self.outcome.errors.append(f"no Termination {FINISH_S:.0f} s after the last audio")
        return self.outcome

    async def _talk(self, socket: ClientConnection) -> None:
        """Send all audio in real time, then CloseStream."""
        clock: Callable[[], float] = asyncio.get_running_loop().time
        pcm = self._audio.astype("<i2").tobytes()
        step = 2 * self._frame
        self._began = clock()
        for n, at in enumerate(range(0, len(pcm), step), start=1):
            await asyncio.sleep(self._began + n * self._frame / SAMPLE_RATE - clock())
            await socket.send(pcm[at : at + step])
        await socket.send('{"type":"CloseStream"}')

    async def _listen(self, socket: ClientConnection) -> None:
        """Record events until the server closes the connection."""
        clock: Callable[[], float] = asyncio.get_running_loop().time
        decode = msgspec.json.Decoder(EventFields).decode
        last = ""
        try:
            async for message in socket:
                event = decode(message)
                last = event.type
                self._note(event, clock() - self._began)
        except ConnectionClosed as error:
            self.outcome.errors.append(why(error))
        else:
            if last != "Termination":
                self.outcome.errors.append("closed before Termination")

    def _note(self, event: EventFields, now: float) -> None:
        """Record an event that arrived `now` seconds after the first audio was due."""
        match event.type:
            case "SpeechEnded":
                self._ended[event.utterance_id] = event.t
            case "Utterance" if event.final:
                # `t` is the end of the audio that decided the endpoint, sent at that second.
                if (ended := self._ended.pop(event.utterance_id, None)) is not None:
                    self.outcome.latencies.append(now - ended)
                self.outcome.worded += event.transcript is not None
                self.outcome.degraded.update(why.partition(":")[0] for why in event.degraded)
            case "Warning":
                self.outcome.warnings[event.code] += 1
                if event.code == "audio_dropped":
                    self.outcome.dropped_seconds += float(str(event.detail["seconds"]))
            case "Error":
                self.outcome.errors.append(event.message)
            case _:
                pass
