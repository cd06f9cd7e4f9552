"""A session's jobs under way, and the utterances whose words somebody waits for. Pure.

Every shell has one: what it may submit, what it has to wait for and whose words are late is
decided here, whether an event loop or ordinary code does the waiting.
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.stream.jobs import AsrJob, Job
from sentivox.types import SAMPLE_RATE

LATE_S: Final = 1.0
"""Words that take longer, after the end of speech, let the tone go out alone."""

Handle = TypeVar("Handle")
Key = tuple[int, int]
"""Channel, and job or utterance."""


class InFlight(Generic[Handle]):
    """The jobs of one session, each with whatever its shell holds of it.

    Args:
        max_words_s: Seconds of speech that may wait for words of a live stream.
    """

    def __init__(self, max_words_s: float = float("inf")) -> None:
        self.words_s = 0.0
        """Seconds of speech that wait for a recogniser."""
        self._max_words_s = max_words_s
        self._jobs: dict[Key, tuple[Job, Handle]] = {}
        self._awaited: dict[Key, bool] = {}  # utterances: are their words late?

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def words(self) -> int:
        """How many transcriptions are under way."""
        return sum(isinstance(job, AsrJob) for job, _ in self._jobs.values())

    def refuses(self, job: Job) -> bool:
        """Whether too much speech waits for words to take this of a live stream too."""
        seconds = seconds_of(job)
        return bool(seconds and self.words_s) and self.words_s + seconds > self._max_words_s

    def add(self, job: Job, handle: Handle) -> None:
        """A job was submitted."""
        self._jobs[job.channel, job.id] = job, handle

    def take(self, channel: int, job_id: int) -> tuple[Job, Handle] | None:
        """A job has ended or is dropped; None if it was before."""
        return self._jobs.pop((channel, job_id), None)

    def take_any(self) -> tuple[Job, Handle] | None:
        """Drop the oldest that is under way; None where there is none."""
        oldest = next(iter(self._jobs), None)
        return None if oldest is None else self._jobs.pop(oldest)

    def clear(self) -> list[Handle]:
        """Drop all."""
        handles = [handle for _, handle in self._jobs.values()]
        self._jobs.clear()
        self._awaited.clear()
        return handles

    def note(self, event: Event) -> Key | None:
        """Take an event that goes out; returns the utterance whose words are awaited from now on.

        It is asked for `delay` once they have taken too long.
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
        """Its words have taken too long; False where they have come meanwhile."""
        if utterance not in self._awaited:
            return False
        self._awaited[utterance] = True
        return True

    @property
    def late(self) -> list[Key]:
        """The utterances whose words are late."""
        return [key for key, late in self._awaited.items() if late]

    def transcriptions(self, utterance: Key) -> Iterator[tuple[Job, Handle]]:
        """The transcriptions of an utterance that are under way."""
        for job, handle in list(self._jobs.values()):
            if isinstance(job, AsrJob) and (job.channel, job.utterance_id) == utterance:
                yield job, handle


def seconds_of(job: Job) -> float:
    """Seconds of speech that a recogniser gets with a job; 0 of any other."""
    return len(job.audio) / SAMPLE_RATE if isinstance(job, AsrJob) else 0.0
