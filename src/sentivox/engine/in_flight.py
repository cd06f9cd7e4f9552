"""A session's jobs in progress, and the utterances whose words are outstanding. Pure.

Every shell has one `InFlight`. It decides which jobs may be submitted, which are waited for and
which words are late, whether the shell is an event loop or blocking code.
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.stream.jobs import AsrJob, Job
from sentivox.types import SAMPLE_RATE

LATE_S: Final = 1.0
"""Seconds after the endpoint from which words are late, and the tone is sent without them."""

Handle = TypeVar("Handle")
"""What a shell needs to cancel a job, such as its future."""

Key = tuple[int, int]
"""Channel number, and job or utterance id."""


class InFlight(Generic[Handle]):
    """The jobs of one session that are in progress, each with its shell's handle.

    Args:
        max_words_s: Most seconds of speech of a live stream that may wait for a recogniser.
    """

    def __init__(self, max_words_s: float = float("inf")) -> None:
        self.words_s = 0.0
        """Seconds of speech waiting for a recogniser; kept up to date by the shell."""
        self._max_words_s = max_words_s
        self._jobs: dict[Key, tuple[Job, Handle]] = {}
        self._awaited: dict[Key, bool] = {}  # by utterance: whether its words are late

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def words(self) -> int:
        """Number of transcriptions in progress."""
        return sum(isinstance(job, AsrJob) for job, _ in self._jobs.values())

    def refuses(self, job: Job) -> bool:
        """Whether a transcription job of a live stream exceeds the limit of waiting speech.

        A job is never refused while no speech is waiting.
        """
        seconds = seconds_of(job)
        return bool(seconds and self.words_s) and self.words_s + seconds > self._max_words_s

    def add(self, job: Job, handle: Handle) -> None:
        """Add a job that was submitted."""
        self._jobs[job.channel, job.id] = job, handle

    def take(self, channel: int, job_id: int) -> tuple[Job, Handle] | None:
        """Remove a job that ended or was cancelled; None if it was already removed."""
        return self._jobs.pop((channel, job_id), None)

    def take_any(self) -> tuple[Job, Handle] | None:
        """Remove the oldest job; None if there is none."""
        oldest = next(iter(self._jobs), None)
        return None if oldest is None else self._jobs.pop(oldest)

    def clear(self) -> list[Handle]:
        """Remove all jobs and utterances, and return the handles of the jobs."""
        handles = [handle for _, handle in self._jobs.values()]
        self._jobs.clear()
        self._awaited.clear()
        return handles

    def note(self, event: Event) -> Key | None:
        """Take note of an event that is sent.

        Returns:
            The utterance that has just ended, if the event is its end: call `delay` for it if its
            words take longer than LATE_S. Otherwise None.
        """
        match event:
            case SpeechEnded(discarded=False):
                key = event.channel, event.utterance_id
                self._awaited[key] = False
                return key
            case Utterance(final=True):
                self._awaited.pop((event.channel, event.utterance_id), None)
            case _:
                pass
        return None

    def delay(self, utterance: Key) -> bool:
        """Mark the words of an utterance as late; False if it is already final."""
        if utterance not in self._awaited:
            return False
        self._awaited[utterance] = True
        return True

    @property
    def late(self) -> list[Key]:
        """The utterances whose words are late and still outstanding."""
        return [key for key, late in self._awaited.items() if late]

    def transcriptions(self, utterance: Key) -> Iterator[tuple[Job, Handle]]:
        """Iterate over the transcription jobs in progress of an utterance."""
        for job, handle in list(self._jobs.values()):
            if isinstance(job, AsrJob) and (job.channel, job.utterance_id) == utterance:
                yield job, handle


def seconds_of(job: Job) -> float:
    """Seconds of audio in a transcription job; 0 for any other job."""
    return len(job.audio) / SAMPLE_RATE if isinstance(job, AsrJob) else 0.0
