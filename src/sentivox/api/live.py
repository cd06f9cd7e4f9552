"""Analysis of live audio in this process: takes audio as it arrives, returns events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Self

from sentivox.api.threads import in_thread, to_end
from sentivox.audio.frames import Frames, raw_bytes
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.runner import Runner
from sentivox.errors import UsageError
from sentivox.protocol.events import Event
from sentivox.system.usage import ExclusiveUse


class LiveStream:
    """Analyses audio as it arrives, as `Analyzer.stream` opens it.

    One thread at a time may use it. Leaving its `with` block discards outstanding events, so call
    `close` before.

    Args:
        runner: Runs the stream's session.
        audio: Format of the audio; by default linear16, 16 kHz, mono.
        check: Called before each use; raises UsageError if the models have been released.
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
        self._caller = ExclusiveUse("this stream")
        self._closed = False
        self._left = False

    @property
    def position(self) -> float:
        """Seconds of audio fed so far."""
        return self._runner.position

    def feed(self, data: Frames) -> list[Event]:
        """Take the next audio and return the events that are ready; never waits for a model.

        Args:
            data: Any number of bytes in the stream's encoding; or an array of samples of that
                encoding (int16 for linear16), interleaved or of shape (channels, n).

        Raises:
            AudioError: The array's type or shape does not fit the stream's format.
            UsageError: The stream is closed, or another thread is using it.
        """
        with self._caller:
            self._require_open()
            return self._runner.feed(raw_bytes(data, self._audio))

    def poll(self) -> list[Event]:
        """Return the events that became ready since the last call, without new audio.

        Raises:
            UsageError: Another thread is using the stream.
        """
        with self._caller:
            return self._runner.poll()

    def finalize(self) -> list[Event]:
        """End the utterance being spoken now; returns the events that are ready.

        Raises:
            UsageError: The stream is closed, or another thread is using it.
        """
        with self._caller:
            self._require_open()
            return self._runner.finalize()

    def close(self) -> list[Event]:
        """End the audio, wait for outstanding results, and return the remaining events.

        The last two are Summary and Termination. Closing the stream again returns no events.

        Raises:
            UsageError: The stream's `with` block is over, or another thread is using the stream.
        """
        with self._caller:
            if not self._closed:
                self._require_open()
            self._closed = True
            return list(self._runner.close())

    async def aclose(self) -> list[Event]:
        """`close` for asyncio: the event loop goes on while outstanding results are waited for."""
        return await to_end(self.close)

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._runner.abandon()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

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
    """Analyse live audio under asyncio; yields events as they become known.

    Args:
        runner: Runs the session; abandoned at the end.
        audio: Chunks of bytes or samples, in real time.
        form: Format of the audio.
    """
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Frames | None] = asyncio.Queue()
    # When a model has answered, empty bytes are queued: feeding them returns the ready events.
    runner.wake = lambda: loop.call_soon_threadsafe(inbox.put_nowait, b"")
    reading = asyncio.create_task(_read(audio, inbox))
    try:
        while (data := await inbox.get()) is not None:
            for event in runner.feed(raw_bytes(data, form)):
                yield event
            inbox.task_done()
        await reading  # raises the exception that ended the audio, if any
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
            await inbox.join()  # take no more from the source until this chunk is processed
    finally:
        inbox.put_nowait(None)
