"""Jobs that a stream hands to its shell (the code that runs it), and their results."""

from dataclasses import dataclass
from typing import ClassVar

from sentivox.types import FloatArray, Hypothesis, Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Job:
    """One model inference that a stage requests for one utterance.

    Attributes:
        kind: Name of the kind of work, as used in traces and metrics.
        id: Number of the job, unique within its channel.
        channel: Channel of the utterance, from 0.
        utterance_id: Number of the utterance in its channel, from 1.
    """

    kind: ClassVar[str]
    id: int
    channel: int
    utterance_id: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToneJob(Job):
    """Score one tone window.

    Attributes:
        start: Start of the window, in seconds on the audio clock.
        end: End of the window, in seconds.
        features: Acoustic features, shape (frames, dims).
    """

    kind = "tone"
    start: float
    end: float
    features: FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class UtteranceToneJob(Job):
    """Score the tone of one utterance as a whole.

    Attributes:
        audio: Shape (n,), mono int16 at 16 kHz, including pre-roll and post-pad.
    """

    kind = "utterance_tone"
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AsrJob(Job):
    """Transcribe one utterance.

    Attributes:
        audio: Shape (n,), mono int16 at 16 kHz, including pre-roll and post-pad.
        language: BCP-47 primary tag; None to let the recogniser detect it.
        timed: Report the times of the words.
    """

    kind = "asr"
    audio: Int16Array
    language: str | None
    timed: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpeechJob(Job):
    """Classify an utterance that was transcribed to words as speech or some other sound.

    Attributes:
        audio: Shape (n,), mono int16 at 16 kHz, including pre-roll and post-pad.
    """

    kind = "speech"
    audio: Int16Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextJob(Job):
    """Score the sentiment of one transcript, averaged over its alternatives.

    Attributes:
        text: The transcript.
        language: BCP-47 primary tag.
        alternatives: Other hypotheses, weighted relative to 1 for `text`.
    """

    kind = "text"
    text: str
    language: str
    alternatives: tuple[Hypothesis, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VoiceJob(Job):
    """Compute the voiceprint of one utterance.

    Attributes:
        audio: Shape (n,), mono int16 at 16 kHz, without margins.
    """

    kind = "voice"
    audio: Int16Array


@dataclass(frozen=True, slots=True)
class Cancel:
    """A job is no longer needed, for example because speech resumed after a speculative start."""

    job_id: int
    channel: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The result value of a job that failed.

    Attributes:
        reason: Machine-readable cause, such as "crashed", "timeout" or "unsupported_language".
    """

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class JobResult:
    """The outcome of a job.

    Attributes:
        value: The model's result, such as `ToneScores` or `Transcript`; or `Failed`.
        queue_ms: Wall milliseconds that the job waited.
        run_ms: Wall milliseconds that it ran; other load on the machine makes this longer.
        cpu_ms: CPU milliseconds of the run; 0 where unknown.
    """

    value: object
    queue_ms: float = 0.0
    run_ms: float = 0.0
    cpu_ms: float = 0.0
