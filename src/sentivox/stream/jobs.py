"""Work a stream asks its shell to do, and the results the shell brings back."""

from dataclasses import dataclass
from typing import ClassVar

from sentivox.types import FloatArray, Int16Array, Reading


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Job:
    """Work for one stage, of one utterance.

    Attributes:
        kind: What is to be done, as traces call it.
        id: Its number in the channel.
        channel: The utterance's channel, from 0.
        utterance_id: The utterance.
    """

    kind: ClassVar[str]
    id: int
    channel: int
    utterance_id: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToneJob(Job):
    """Score one window [start, end) of acoustic features, shape (frames, dims)."""

    kind = "tone"
    start: float
    end: float
    features: FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AsrJob(Job):
    """Transcribe one utterance: mono int16 at 16 kHz, pre-roll and post-pad included.

    `timed`: with the words' times.
    """

    kind = "asr"
    audio: Int16Array
    language: str | None
    timed: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpeechJob(Job):
    """Tell whether an utterance with words is one: mono int16 at 16 kHz, with its margins."""

    kind = "speech"
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextJob(Job):
    """Score the sentiment of one transcript, over all its readings."""

    kind = "text"
    text: str
    language: str
    alternatives: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VoiceJob(Job):
    """Find the voiceprint of one utterance: mono int16 at 16 kHz."""

    kind = "voice"
    audio: Int16Array


@dataclass(frozen=True, slots=True)
class Cancel:
    """The job is no longer wanted (speech resumed after a speculative start)."""

    job_id: int
    channel: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that brought nothing.

    Attributes:
        reason: A short machine-readable word: "crashed", "timeout", "unsupported_language"…
    """

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What became of a job, with the milliseconds it waited and ran.

    `value` is what the job's model answers with, such as `ToneScores` or `Transcript`, or Failed.

    `cpu_ms` is what the run took of one core, where that is known; other work on the machine
    makes `run_ms` longer.
    """

    value: object
    queue_ms: float = 0.0
    run_ms: float = 0.0
    cpu_ms: float = 0.0
