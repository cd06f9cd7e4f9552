"""Decoding of untrusted recordings in a separate process.

FFmpeg is native code that gets arbitrary input. If a file makes it crash, hang or take too much
memory, only the analysis of that file fails.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec
import numpy as np

from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import TrackRequest
from sentivox.engine.decoding import MAX_BLOCK_SAMPLES, Block, DecodingOrder, Opened
from sentivox.engine.spawn import Child, signal_name, spawn
from sentivox.engine.watchdog import Hung, Watchdog
from sentivox.engine.wire import NotAMessage, WireClosed
from sentivox.errors import AudioError, SentivoxError
from sentivox.types import Int16Array

_NICE: Final = 10
"""Niceness of decoder processes relative to this one: live streams have priority."""

_ADVICE: Final = "save it as WAV or FLAC and try again."

Message = TypeVar("Message", Opened, Block)


class DecoderLost(SentivoxError):  # noqa: N818  (says what became of it)
    """The decoder process could not be started or was killed; the file itself may be valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Resource limits for decoding one recording.

    Attributes:
        memory_bytes: Address space beyond the 200 MB or so of the process with its libraries.
        cpu_s: CPU seconds in total.
        stall_s: Most seconds between two messages of the process: of CPU time, or of inactivity
            that is not due to load on the machine.
    """

    memory_bytes: int = 192 << 20
    cpu_s: int = 1500
    stall_s: float = 120.0


class IsolatedFile:
    """A recording decoded in a separate process; implements `audio.protocol.Recording`.

    Every iteration after the first decodes the file anew, in another process. Closing it, or
    leaving its `with` block, ends the process.

    Args:
        path: Path of the file.
        mixdown: Mix two channels into one; more than two are always mixed.
        track: The audio track to decode, as in `AudioFile`.
        bounds: Resource limits.
        go_on: Called at least every quarter of a second while waiting for the process. An exception
            from it cancels the wait, and is passed on.

    Raises:
        AudioError: The file is missing, is not audio, or exceeds the limits. Iteration raises it,
            too.
        DecoderLost: The process could not be started or was killed. Iteration raises it, too.
    """

    __slots__ = ("_bounds", "_child", "_go_on", "_mixdown", "_read", "channels", "duration",
                 "gaps", "notes", "path", "track", "truncated")  # fmt: skip

    def __init__(
        self,
        path: Path,
        *,
        mixdown: bool = False,
        track: TrackRequest = None,
        bounds: Bounds | None = None,
        go_on: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self.track: TrackRequest = track
        self.truncated = False
        self.notes: tuple[str, ...] = ()
        self.gaps: tuple[Gap, ...] = ()
        self._bounds = bounds or Bounds()
        self._go_on = go_on
        self._mixdown = mixdown
        self._read = False  # whether the process has begun to send audio
        self._child = self._start()
        opened = self._opened()
        self.channels = opened.channels
        self.duration = opened.duration

    @property
    def pid(self) -> int:
        """Process id of the decoder."""
        return self._child.pid

    def __iter__(self) -> Iterator[Int16Array]:
        """Blocks of int16 samples at 16 kHz: shape (channels, n), n = 8000 except for the last."""
        if self._read:
            self.close()
            self._child = self._start()
            self._opened()
        self._read = True
        while True:
            block = self._next(Block)
            if block.audio:
                yield self._samples(block.audio)
            if block.error is not None:
                raise AudioError(block.error)
            if block.last:
                self.truncated = block.truncated
                self.notes = tuple(block.notes)
                self.gaps = tuple(Gap(start, end) for start, end in block.gaps)
                return

    def close(self) -> None:
        """Kill the process, if it is still running."""
        self._child.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> Opened:
        """What the process found in the file; it is ended if that is no audio."""
        try:
            opened = self._next(Opened)
        except BaseException:
            self.close()
            raise
        if opened.error is not None:
            self.close()
            raise AudioError(opened.error)
        return opened

    def _start(self) -> Child:
        order = DecodingOrder(
            path=str(self.path),
            mixdown=self._mixdown,
            track=self.track,
            memory_bytes=self._bounds.memory_bytes,
            cpu_s=self._bounds.cpu_s,
        )
        try:
            return spawn("sentivox.engine.decoder", msgspec.json.encode(order).decode(), nice=_NICE)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DecoderLost(f"the decoder process could not be started: {reason}") from error

    def _next(self, expected: type[Message]) -> Message:
        """Wait for the next message of the process.

        Raises:
            AudioError: The process hung, crashed or sent invalid data.
            DecoderLost: It was killed.
        """
        vigil = Watchdog(self._child.pid, self._bounds.stall_s, self._bounds.stall_s)

        def look() -> None:
            self._go_on()
            vigil.look()

        self._go_on()
        try:
            return self._child.wire.receive(expected, look)
        except Hung as problem:
            raise AudioError(f"{self.path} hangs the decoder ({problem}): {_ADVICE}") from None
        except NotAMessage:
            raise self._obituary(None) from None
        except WireClosed:
            raise self._obituary(self._child.status()) from None

    def _samples(self, audio: bytes) -> Int16Array:
        samples, odd = divmod(len(audio), 2 * self.channels)
        if odd or samples > MAX_BLOCK_SAMPLES:
            raise self._obituary(None)
        return np.frombuffer(audio, np.int16).reshape(self.channels, samples)

    def _obituary(self, status: int | None) -> SentivoxError:
        """The error for a process that ended with `status`, or (None) sent invalid data."""
        if status == -signal.SIGKILL:  # by the kernel, short of memory, or by an operator
            return DecoderLost("the decoder process was killed; try again")
        if status == -signal.SIGXCPU:
            return AudioError(f"{self.path} takes too much CPU time to decode: {_ADVICE}")
        how = "sent invalid data" if status is None else signal_name(status)
        return AudioError(f"{self.path} crashed the decoder ({how}): {_ADVICE}")
