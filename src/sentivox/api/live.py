"""Live audio in one process: bytes or samples in as they arrive, events out as they are known."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from typing import Self, TypeVar

from sentivox.audio.frames import Frames, raw_bytes
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.runner import Runner
from sentivox.errors import UsageError
from sentivox.protocol.events import Event
from sentivox.system.usage import OneCaller

T = TypeVar("T")


class LiveStream:
    """Audio as it arrives, events as they are known. One thread at a time may call it.

    As a context manager it drops, when left, what has not been asked for: call `close` before.

    Args:
        runner: Runs its session.
        audio: What is fed.
        check: Called before each use; raises UsageError where the models are gone.
    """

    def __init__(
        self,
        runner: Runner,
        audio: AudioFormat | None = None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self._runner = runner
        self._audio = audio or AudioFormat()
        self._check = check
        self._caller = OneCaller("this stream")
        self._closed = False
        self._left = False

    @property
    def position(self) -> float:
        """Seconds of audio taken."""
        return self._runner.position

    def feed(self, data: Frames) -> list[Event]:
        """Take what comes next; return the events that are ready (never waits for a model).

        Args:
            data: Bytes, any number of them; or an array of samples of the stream's encoding
                (int16 for linear16), interleaved or of shape (channels, n).

        Raises:
            AudioError: An array of other samples than the stream was opened for.
            UsageError: The stream is closed, or another thread is using it.
        """
        with self._caller:
            self._require_open()
            return self._runner.feed(raw_bytes(data, self._audio))

    def poll(self) -> list[Event]:
        """Events that became ready since the last call, without new audio."""
        with self._caller:
            return self._runner.poll()

    def finalize(self) -> list[Event]:
        """End the utterance being spoken now.

        Raises:
            UsageError: The stream is closed, or another thread is using it.
        """
        with self._caller:
            self._require_open()
            return self._runner.finalize()

    def close(self) -> list[Event]:
        """Wait for what is outstanding; the last events are Summary and Termination.

        Closing it again does nothing.

        Raises:
            UsageError: Its `with` block was left before, or another thread is using it.
        """
        with self._caller:
            if not self._closed:
                self._require_open()
            self._closed = True
            return list(self._runner.close())

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._runner.abandon()

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError("this stream is closed: open another with Analyzer.stream()")
        if self._left:
            raise UsageError(
                "the `with` block of this stream is over: feed and close it inside the block"
            )
        self._check()


async def listen(
    runner: Runner, audio: AsyncIterable[Frames], form: AudioFormat
) -> AsyncGenerator[Event]:
    """The same for asyncio: events as they are known, also while no audio comes."""
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Frames | None] = asyncio.Queue()
    # No bytes mean that a model has answered: feeding them is asking for what is ready.
    runner.wake = lambda: loop.call_soon_threadsafe(inbox.put_nowait, b"")
    reading = asyncio.create_task(_read(audio, inbox))
    try:
        while (data := await inbox.get()) is not None:
            for event in runner.feed(raw_bytes(data, form)):
                yield event
            inbox.task_done()
        await reading  # whatever ended the audio, its owner shall hear of it
        async for event in in_thread(runner.close()):
            yield event
    finally:
        runner.wake = None
        runner.abandon()
        reading.cancel()


async def _read(audio: AsyncIterable[Frames], inbox: asyncio.Queue[Frames | None]) -> None:
    try:
        async for data in audio:
            inbox.put_nowait(data)
            await inbox.join()  # the source waits while its last piece is being heard
    finally:
        inbox.put_nowait(None)


async def in_thread(events: Iterator[T]) -> AsyncGenerator[T]:
    """Take from a blocking iterator without blocking the loop."""
    while (event := await asyncio.to_thread(next, events, None)) is not None:
        yield event
