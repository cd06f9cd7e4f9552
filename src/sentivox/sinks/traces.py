"""The trace of an utterance as plain data, and the interface of trace exporters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sentivox.protocol.events import Utterance


@dataclass(frozen=True, slots=True)
class StageSpan:
    """The time that one stage took for an utterance.

    Attributes:
        stage: "asr.queue", "asr", "speech" (the check that it is speech), "text", "tone" (one per
            window), "utterance_tone", "voice" or "fusion".
        start: Start in nanoseconds since 1970.
        end: End in nanoseconds since 1970.
        failed: Why the stage gave no result; None if it did.
    """

    stage: str
    start: int
    end: int
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class UtteranceTrace:
    """The trace of an utterance from its onset to its final event. Times are in ns since 1970.

    Attributes:
        utterance: The final event.
        start: When SpeechStarted was emitted.
        end: When the final event was emitted.
        stages: The stages in between.
        provisional: When a result with the tone alone was emitted, because the transcript was
            late; None if it was not.
    """

    utterance: Utterance
    start: int
    end: int
    stages: Sequence[StageSpan]
    provisional: int | None = None


class TraceExporter(Protocol):
    """Exports traces. `take` must neither block nor raise."""

    def take(self, traced: UtteranceTrace) -> None:
        """Export the trace of a final utterance."""
        ...

    def close(self) -> None:
        """Export what is buffered; may block for some seconds."""
        ...
