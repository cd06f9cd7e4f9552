"""One paced stream: sends as a microphone would, and notes when what came back."""

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
"""How long a server may take after the last audio."""


class Seen(msgspec.Struct):
    """What of an event matters here; the rest is not even parsed, as the caller must be cheap."""

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
    """What one stream, or several together, came to.

    Attributes:
        latencies: Seconds from the moment the audio that decides an endpoint was sent until the
            final Utterance was here, one an utterance.
        degraded: Utterances that lacked something, by reason.
        warnings: By code.
        dropped_seconds: Audio that the server dropped.
        errors: What went wrong, a line each.
        profile: The server's models, as it told.
    """

    latencies: list[float] = field(default_factory=list[float])
    worded: int = 0
    degraded: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])
    dropped_seconds: float = 0.0
    errors: list[str] = field(default_factory=list[str])
    profile: str | None = None

    def add(self, other: "CallOutcome") -> None:
        """Take another's in."""
        self.latencies += other.latencies
        self.worded += other.worded
        self.degraded += other.degraded
        self.warnings += other.warnings
        self.dropped_seconds += other.dropped_seconds
        self.errors += other.errors
        self.profile = self.profile or other.profile


class PacedCall:
    """A stream that plays audio to a server at the speed of speech.

    Args:
        link: The server.
        audio: 16 kHz.
        frame_s: Length of a message.
    """

    def __init__(self, link: Link, audio: Int16Array, frame_s: float) -> None:
        self._link = link
        self._audio = audio
        self._frame = round(frame_s * SAMPLE_RATE)
        self._began = 0.0
        self._ended: dict[int, float] = {}
        self.outcome = CallOutcome()

    async def run(self, wait_s: float) -> CallOutcome:
        """Wait, then play it all; a failure is noted, not raised."""
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
                self.outcome.errors.append(f"no end {FINISH_S:.0f} s after the last audio")
        return self.outcome

    async def _talk(self, socket: ClientConnection) -> None:
        clock: Callable[[], float] = asyncio.get_running_loop().time
        pcm = self._audio.astype("<i2").tobytes()
        step = 2 * self._frame
        self._began = clock()
        for n, at in enumerate(range(0, len(pcm), step), start=1):
            await asyncio.sleep(self._began + n * self._frame / SAMPLE_RATE - clock())
            await socket.send(pcm[at : at + step])
        await socket.send('{"type":"CloseStream"}')

    async def _listen(self, socket: ClientConnection) -> None:
        clock: Callable[[], float] = asyncio.get_running_loop().time
        decode = msgspec.json.Decoder(Seen).decode
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

    def _note(self, event: Seen, now: float) -> None:
        match event.type:
            case "SpeechEnded":
                self._ended[event.utterance_id] = event.t
            case "Utterance" if event.final:
                # `t` is the end of the frame that decided: sent at that second of the pace.
                self.outcome.latencies.append(now - self._ended.pop(event.utterance_id))
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
