"""One recording on its way through the models: events as they come, then the whole."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import replace
from math import inf
from numbers import Real
from typing import Self

from sentivox.api.live import in_thread
from sentivox.api.result import Result
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.protocol import Recording
from sentivox.engine.backend import Backend
from sentivox.engine.runner import Runner
from sentivox.errors import AudioError, UsageError
from sentivox.protocol.events import Event, Summary
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import OneReader
from sentivox.types import Int16Array


class Analysis:
    """One recording under analysis; iterating over it, by `for` or `async for`, does the work.

    The events come once, to one thread or task at a time; a loop that was left may be taken up
    again by another.

    Args:
        engine: Runs the models.
        file: The recording.
        config: Of its streams.
        owned: Close the engine at the end.
        go_on: Called again and again while a model is waited for; what it raises ends the work.
        check: Called before the work begins; raises UsageError where the models are gone.

    Attributes:
        file: The recording: duration, channels, notes on what was done to it, and once all is
            read, its gaps and whether it was cut short.
        stopped: `stop` was called before the end.
    """

    def __init__(
        self,
        engine: Backend,
        file: Recording,
        config: StreamConfig,
        *,
        owned: bool = False,
        go_on: Callable[[], object] | None = None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self.file = file
        self._engine = engine
        # Nobody waits for a recording's next word, so nothing is transcribed ahead of time.
        patient = replace(config, speculate=False)
        self._session = engine.open(AudioFormat(channels=file.channels), patient)
        self._owned = owned
        self._check = check
        self._over = False
        self._events = OneReader(self._run(Runner(engine, self._session, go_on)), "this analysis")
        self._summary: Summary | None = None
        self._warnings: list[str] = []
        self.stopped = False

    @property
    def duration(self) -> float | None:
        """Seconds of audio, where the file says so."""
        return self.file.duration

    @property
    def position(self) -> float:
        """Seconds of audio analysed so far."""
        return self._session.position

    def clip(self, channel: int, start: float, end: float) -> Int16Array:
        """Recent audio [start, end) in seconds, mono int16 at 16 kHz; ask as an event comes.

        Raises:
            UsageError: There is no such channel, or no such time.
            AudioError: The audio is not held any more.
        """
        if channel not in range(self.file.channels):
            raise UsageError(f"there is no channel {channel!r} in a recording of {self._channels}")
        if not (isinstance(start, Real) and isinstance(end, Real) and 0 <= start <= end < inf):
            raise UsageError(f"a clip from {start!r} to {end!r} s cannot be: 0 <= start <= end")
        try:
            return self._session.clip(channel, float(start), float(end))
        except AudioError:
            raise AudioError(
                f"the audio from {start:g} to {end:g} s is not held: ask for it as its event comes"
            ) from None

    def stop(self) -> None:
        """Do no more of the work; `result` then is what there is so far, marked as truncated.

        Raises:
            UsageError: Another thread is iterating over it.
        """
        self._events.close()
        self._over = True
        self._release()  # where nothing was ever asked for, closing the events did not
        self.stopped = self._summary is None

    def result(self) -> Result:
        """Do what is left of the work and return the whole."""
        for _ in self._events:
            pass
        summary = self._summary or self._session.summary()
        return Result.gather(
            file=str(self.file.path),
            profile=self._engine.profile,
            models=self._engine.describe(),
            utterances=self._session.utterances,
            summary=summary,
            truncated=self.file.truncated or self.stopped,
            gaps=self.file.gaps,
            notes=[*self.file.notes, *self._warnings],
            track=self.file.track,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do no more of the work, and release what it holds."""
        self.stop()

    def __iter__(self) -> Iterator[Event]:
        self._require_more()
        return self._events

    def __aiter__(self) -> AsyncGenerator[Event]:
        """The same without blocking the event loop; several may run at a time."""
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

    def _run(self, runner: Runner) -> Generator[Event]:
        try:
            self._check()
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
            runner.abandon()
            self._release()

    def _release(self) -> None:
        if self._owned:
            self._engine.close()

    def _heard(self, runner: Runner) -> Generator[Event]:
        for block in self.file:
            yield from runner.feed_pcm(block)
        yield from runner.close()
