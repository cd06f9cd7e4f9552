"""Work a stream asks its shell to do, and the results the shell brings back."""

from dataclasses import dataclass

from sentivox.types import (
    FloatArray,
    Int16Array,
    Reading,
    Spoken,
    TextScores,
    ToneScores,
    Transcript,
    Voice,
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToneJob:
    """Score one window of acoustic features, shape (frames, dims)."""

    id: int
    channel: int
    utterance_id: int
    start: float
    end: float
    features: FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AsrJob:
    """Transcribe one utterance: mono int16 at 16 kHz, pre-roll and post-pad included.

    `timed`: with the words' times.
    """

    id: int
    channel: int
    utterance_id: int
    audio: Int16Array
    language: str | None
    timed: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpeechJob:
    """Tell whether an utterance with words is one: mono int16 at 16 kHz, with its margins."""

    id: int
    channel: int
    utterance_id: int
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextJob:
    """Score the sentiment of one transcript, over all its readings."""

    id: int
    channel: int
    utterance_id: int
    text: str
    language: str
    alternatives: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VoiceJob:
    """Find the voiceprint of one utterance: mono int16 at 16 kHz."""

    id: int
    channel: int
    utterance_id: int
    audio: Int16Array


@dataclass(frozen=True, slots=True)
class Cancel:
    """The job is no longer wanted (speech resumed after a speculative start)."""

    job_id: int
    channel: int


Job = ToneJob | AsrJob | SpeechJob | TextJob | VoiceJob


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

    `cpu_ms` is what the run took of one core, where that is known; other work on the machine
    makes `run_ms` longer.
    """

    value: ToneScores | Transcript | Spoken | TextScores | Voice | Failed
    queue_ms: float = 0.0
    run_ms: float = 0.0
    cpu_ms: float = 0.0
