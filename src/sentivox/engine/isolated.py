"""A recording that is decoded in a process of its own, as strangers' files should be.

FFmpeg is native code fed with whatever arrives: a file that makes it crash, hang, or take all
memory costs that file and nothing else.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec
import numpy as np

from sentivox.audio.timeline import Gap
from sentivox.audio.tracks import Wanted
from sentivox.engine.decoding import BLOCK, Block, DecodingOrder, Opened
from sentivox.engine.spawn import Child, signal_name, spawn
from sentivox.engine.watchdog import Hung, Watchdog
from sentivox.engine.wire import NotAMessage, WireClosed
from sentivox.errors import AudioError, SentivoxError
from sentivox.types import Int16Array

_NICE: Final = 10
"""Live streams come first; a recording can wait."""

_ADVICE: Final = "save it as WAV or FLAC and try again."

Message = TypeVar("Message", Opened, Block)


class DecoderLost(SentivoxError):  # noqa: N818  (says what became of it)
    """The process could not be started, or was killed by somebody; the file may be sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What decoding one recording may take.

    Attributes:
        memory_bytes: Address space, beyond the 200 MB or so of the process with its libraries.
        cpu_s: Seconds of processor time.
        stall_s: Seconds in which it must come to something: of processor time, or of doing nothing
            though the machine would let it.
    """

    memory_bytes: int = 192 << 20
    cpu_s: int = 1500
    stall_s: float = 120.0


class IsolatedFile:
    """A recording that a process of its own decodes: an `audio.protocol.Recording`.

    Iterate once. Close it, or leave its `with` block, and the process is gone.

    Args:
        path: The file.
        mixdown: Mix two channels into one; more than two always are.
        track: Which audio track, as `AudioFile` takes it.
        bounds: What it may take.
        go_on: Called at least every quarter of a second while a block is waited for; raises
            where nobody wants it any more.

    Raises:
        AudioError: no such file, not audio, or it needs more than it may take. Iterating raises
            it too.
        DecoderLost: through no fault of the file.
    """

    __slots__ = ("_bounds", "_child", "_go_on", "channels", "duration", "gaps", "notes",
                 "path", "track", "truncated")  # fmt: skip

    def __init__(
        self,
        path: Path,
        *,
        mixdown: bool = False,
        track: Wanted = None,
        bounds: Bounds | None = None,
        go_on: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self.track: Wanted = track
        self.truncated = False
        self.notes: tuple[str, ...] = ()
        self.gaps: tuple[Gap, ...] = ()
        self._bounds = bounds or Bounds()
        self._go_on = go_on
        self._child = self._start(mixdown=mixdown)
        try:
            opened = self._next(Opened)
        except BaseException:
            self.close()
            raise
        if opened.error is not None:
            self.close()
            raise AudioError(opened.error)
        self.channels = opened.channels
        self.duration = opened.duration

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._child.pid

    def __iter__(self) -> Iterator[Int16Array]:
        """Blocks of 0.5 s from the beginning."""
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
        """End the process, whatever it is doing."""
        self._child.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, *, mixdown: bool) -> Child:
        order = DecodingOrder(
            path=str(self.path),
            mixdown=mixdown,
            track=self.track,
            memory_bytes=self._bounds.memory_bytes,
            cpu_s=self._bounds.cpu_s,
        )
        try:
            return spawn("sentivox.engine.decoder", msgspec.json.encode(order).decode(), nice=_NICE)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DecoderLost(f"no process to decode it could be started: {reason}") from error

    def _next(self, expected: type[Message]) -> Message:
        """What the process says next."""
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
        if odd or samples > BLOCK:
            raise self._obituary(None)
        return np.frombuffer(audio, np.int16).reshape(self.channels, samples)

    def _obituary(self, status: int | None) -> SentivoxError:
        """What to say of a process that ended so without a last word, or (None) talks nonsense."""
        if status == -signal.SIGKILL:  # not by us: the kernel, short of memory, or an operator
            return DecoderLost("the process that decoded it was killed; try again")
        if status == -signal.SIGXCPU:
            return AudioError(f"{self.path} takes too much computing to decode: {_ADVICE}")
        how = "sent invalid data" if status is None else signal_name(status)
        return AudioError(f"{self.path} crashed the decoder ({how}): {_ADVICE}")
