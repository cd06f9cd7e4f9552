"""The analysis of one recording: yields its events, then its complete result."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import replace
from math import inf
from numbers import Real
from typing import Self

from msgspec import structs

from sentivox.api.result import Result
from sentivox.api.threads import in_thread, to_end
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.protocol import Recording
from sentivox.conversation.headline import headline
from sentivox.engine.backend import Backend
from sentivox.engine.runner import Runner
from sentivox.errors import AudioError, UsageError
from sentivox.protocol.events import Event, Summary
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import ExclusiveGenerator
from sentivox.types import Int16Array


class Analysis:
    """The analysis of one recording; iterating over it, with `for` or `async for`, runs it.

    Each event is yielded once, to one thread or task at a time. A loop that was left can be
    continued by another.

    Args:
        engine: Runs the models.
        file: The recording.
        config: Settings of the analysis.
        diarise: Whether to find out first who speaks, in a recording of one channel. Speakers are
            then named if there are several, or if `config.speakers` asks for names.
        owned: Whether to close the engine at the end.
        go_on: Called repeatedly while waiting for a model; an exception it raises ends the work.
        check: Called before the work begins; raises UsageError if the engine has been closed.

    Attributes:
        file: The recording, with its duration, channels and notes and, once read to the end, its
            gaps and whether it was truncated.
        stopped: Whether `stop` was called before the end.
    """

    def __init__(
        self,
        engine: Backend,
        file: Recording,
        config: StreamConfig,
        *,
        diarise: bool = False,
        owned: bool = False,
        go_on: Callable[[], object] | None = None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self.file = file
        self._engine = engine
        # Speculative transcription saves latency, which does not matter for a recording.
        self._config = replace(config, speculate=False)
        self._session = engine.open(AudioFormat(channels=file.channels), self._config)
        self._diarise = diarise and file.channels == 1
        self._owned = owned
        self._go_on = go_on
        self._check = check
        self._over = False
        self._events = ExclusiveGenerator(self._run(), "this analysis")
        self._summary: Summary | None = None
        self._warnings: list[str] = []
        self.stopped = False

    @property
    def duration(self) -> float | None:
        """Seconds of audio as the file declares; None if it does not."""
        return self.file.duration

    @property
    def position(self) -> float:
        """Seconds of audio analysed so far."""
        return self._session.position

    def clip(self, channel: int, start: float, end: float) -> Int16Array:
        """A copy of recent audio of one channel, int16 at 16 kHz, shape (samples,).

        Only recent audio is held, so call this when the event in question arrives. If only part of
        the time span is held, that part is returned.

        Args:
            channel: Channel of the recording, from 0.
            start: Start in seconds.
            end: End in seconds.

        Raises:
            UsageError: There is no such channel, or the times are invalid.
            AudioError: None of the audio is held.
        """
        if channel not in range(self.file.channels):
            raise UsageError(
                f"there is no channel {channel!r}, counted from 0, in a recording of"
                f" {self._channels}"
            )
        if not (isinstance(start, Real) and isinstance(end, Real) and 0 <= start <= end < inf):
            raise UsageError(f"a clip from {start!r} to {end!r} s cannot be: 0 <= start <= end")
        try:
            return self._session.clip(channel, float(start), float(end))
        except AudioError:
            raise AudioError(
                f"the audio from {start:g} to {end:g} s is not held: ask for it as its event comes"
            ) from None

    def stop(self) -> None:
        """Stop the analysis; `result` then returns what there is so far, marked as truncated.

        Raises:
            UsageError: Another thread is iterating over the analysis.
        """
        self._events.close()
        self._over = True
        self._release()  # closing a generator that was never started does not run its `finally`
        self.stopped = self._summary is None

    def result(self) -> Result:
        """Finish the analysis if need be, and return its complete result.

        Raises:
            AudioError: The recording cannot be decoded.
            UsageError: Another thread is iterating over the analysis, or its models were released.
        """
        for _ in self._events:
            pass
        summary = self._summary or self._session.summary()
        if self.file.truncated or self.stopped:
            cut = headline(summary, summary.turning_points, self._session.utterances, "cut")
            summary = structs.replace(summary, headline=cut)
        return Result.gather(
            file=str(self.file.path),
            profile=self._engine.profile,
            models=self._engine.describe(),
            utterances=self._session.utterances,
            summary=summary,
            truncated=self.file.truncated or self.stopped,
            gaps=self.file.gaps,
            notes=[*self.file.notes, *self._warnings, *self._session.idle_rules],
            track=self.file.track,
        )

    async def aresult(self) -> Result:
        """`result` for asyncio: the work runs in threads, and ends where the task is cancelled."""
        async for _ in in_thread(self._events):
            pass
        return self.result()

    async def astop(self) -> None:
        """`stop` for asyncio, which waits in a thread until models of its own are released."""
        await to_end(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the analysis and release what it holds."""
        self.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the analysis and release what it holds."""
        await self.astop()

    def __iter__(self) -> Iterator[Event]:
        self._require_more()
        return self._events

    def __aiter__(self) -> AsyncGenerator[Event]:
        """Iterate over the events without blocking the event loop; the work runs in threads."""
        self._require_more()
        return in_thread(self._events)

    def _require_more(self) -> None:
        if self._over:
            raise UsageError(
                "this analysis is over and gives its events once: keep them in a list, ask for"
                " result(), or analyse the recording again"
            )

    @property
    def _channels(self) -> str:
        return "1 channel" if self.file.channels == 1 else f"{self.file.channels} channels"

    def _run(self) -> Generator[Event]:
        runner: Runner | None = None
        try:
            self._check()
            if self._diarise:
                self._find_speakers()
            runner = Runner(self._engine, self._session, self._go_on)
            yield self._session.begin()
            for event in self._heard(runner):
                match event:
                    case Summary():
                        self._summary = event
                    case WarningEvent():
                        self._warnings.append(event.message)
                    case _:
                        pass
                yield event
        finally:
            self._over = True
            if runner is not None:
                runner.abandon()
            self._release()

    def _find_speakers(self) -> None:
        """Read the recording for who speaks, and open a session that knows it."""
        turns = self._engine.find_turns(self.file, self._config, self._go_on)
        if len(turns.speakers) > 1 or self._config.speakers:
            audio = AudioFormat(channels=self.file.channels)
            self._session = self._engine.open(audio, self._config, turns=turns)

    def _release(self) -> None:
        if self._owned:
            self._engine.close()

    def _heard(self, runner: Runner) -> Generator[Event]:
        for block in self.file:
            yield from runner.feed_pcm(block)
        yield from runner.close()
