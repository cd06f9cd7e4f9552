"""A trace of an utterance as plain data, and what takes traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sentivox.protocol.events import Utterance


@dataclass(frozen=True, slots=True)
class Span:
    """A stage from `start` to `end`, nanoseconds since 1970; `failed` says why it brought nothing.

    Stages are "asr.queue", "asr", "speech" (whether it is), "text", "tone" (each window), "voice"
    and "fusion".
    """

    stage: str
    start: int
    end: int
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """An utterance from its onset to its final message, and the stages in between.

    `provisional` is when its tone went out alone, as its words were late.
    """

    utterance: Utterance
    start: int
    end: int
    stages: Sequence[Span]
    provisional: int | None = None


class Tracing(Protocol):
    """Takes traces; must neither block nor raise."""

    def take(self, traced: Traced) -> None:
        """Take the trace of an utterance that is final."""
        ...

    def close(self) -> None:
        """Pass on what is held; may block for some seconds."""
        ...
