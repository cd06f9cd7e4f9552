"""Who does what next: all workers of the process, and the jobs of all streams."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sentivox.engine.batching import Call, Model, ModelThreads
from sentivox.engine.parts import Parts
from sentivox.engine.workers import WorkerPool
from sentivox.stream.jobs import AsrJob, Failed, Job, Result, SpeechJob, TextJob, ToneJob, VoiceJob
from sentivox.system.machine import usable_cores
from sentivox.text.readings import Readings
from sentivox.text.script import language_of
from sentivox.tone.protocol import SpeechClassifier
from sentivox.types import UNDETERMINED, Reading

# How long a job may wait before somebody misses its result, in seconds. Words complete an utterance
# that is over; a tone window is overtaken by the next.
_TEXT_SLACK: Final = 0.1
_TONE_SLACK: Final = 0.5
_ASR_SLACK: Final = 1.0
_VOICE_SLACK: Final = 2.0

Run = Callable[[Any, str, bool], Future[Result]]
"""Runs a job of its kind: (job, stream, live)."""

READ_AS: Final = {"yue": "zh"}
"""Cantonese is written in characters, which a Chinese text model reads."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long live jobs have waited that have waited longest, in seconds.

    Attributes:
        words: For a recogniser.
        models: For a tone or text model.
    """

    words: float
    models: float


class Scheduler:
    """Owns the threads that run small models and the processes that recognise speech.

    Either has a queue of its own, so utterances never keep tone windows waiting; each queue is
    fair between streams. Thread-safe.

    Args:
        parts: The models. Closing the scheduler ends their processes.
        threads: That run the small models; by default one a core.
    """

    def __init__(self, parts: Parts, threads: int | None = None) -> None:
        self._parts = parts
        self._texts = [Readings(model) for model in parts.texts]
        self._threads = ModelThreads(threads or usable_cores())
        self._runs: dict[type[Job], Run] = {ToneJob: self._tone, TextJob: self._text}
        if parts.asr is not None:
            self._runs[AsrJob] = partial(self._words, parts.asr)
        if parts.speech is not None:
            self._runs[SpeechJob] = partial(self._speech, parts.speech)
        if parts.voices is not None:
            self._runs[VoiceJob] = partial(self._voice, parts.voices.pool)

    def submit(self, job: Job, *, stream: str, live: bool) -> Future[Result]:
        """Run a job. The future always brings a Result, unless it is cancelled; never raises.

        Args:
            job: To be done. Failed("no_model") where no model is loaded that does such jobs.
            stream: Whose it is: streams take turns, whatever each asks for.
            live: Somebody waits for it: it counts for `waits`, and too many of them are dropped.
        """
        run = self._runs.get(type(job))
        return failed("no_model") if run is None else run(job, stream, live)

    @property
    def kinds(self) -> frozenset[type[Job]]:
        """The kinds of jobs that are done here."""
        return frozenset(self._runs)

    def add(self, kind: type[Job], model: Model, slack_s: float) -> None:
        """Have jobs of another kind done by the threads.

        Args:
            kind: Of the jobs; not one that is done already.
            model: Takes jobs of that kind, one or several, and brings a result each, in order.
            slack_s: How long such a job may wait before somebody misses its result, in seconds.
        """
        if kind in self._runs:
            raise ValueError(f"{kind.__name__} is done already")
        self._runs[kind] = lambda job, stream, live: self._threads.submit(
            Call(model=model, input=job, stream=stream, live=live, slack_s=slack_s)
        )

    def _tone(self, job: ToneJob, stream: str, live: bool) -> Future[Result]:
        return self._threads.submit(
            Call(
                model=self._parts.tone.classify,
                input=job.features,
                stream=stream,
                live=live,
                slack_s=_TONE_SLACK,
            )
        )

    def _words(self, asr: WorkerPool, job: AsrJob, stream: str, live: bool) -> Future[Result]:
        return asr.submit(
            job.audio, job.language, stream=stream, live=live, slack_s=_ASR_SLACK, timed=job.timed
        )

    def _speech(
        self, speech: SpeechClassifier, job: SpeechJob, stream: str, live: bool
    ) -> Future[Result]:
        return self._threads.submit(
            Call(
                model=speech.classify,
                input=job.audio,
                stream=stream,
                live=live,
                slack_s=_TEXT_SLACK,
            )
        )

    def _text(self, job: TextJob, stream: str, live: bool) -> Future[Result]:
        language = job.language
        if language == UNDETERMINED:
            language = language_of(job.text) or UNDETERMINED
        language = READ_AS.get(language, language)
        model = next((m for m in self._texts if language in m.languages), None)
        if model is None:
            return failed(f"no_text_model_for_{language}")
        call = Call(
            model=model.classify,
            input=(Reading(job.text), *job.alternatives),
            stream=stream,
            live=live,
            slack_s=_TEXT_SLACK,
        )
        return self._threads.submit(call)

    def _voice(self, pool: WorkerPool, job: VoiceJob, stream: str, live: bool) -> Future[Result]:
        return pool.submit(job.audio, None, stream=stream, live=live, slack_s=_VOICE_SLACK)

    def waits(self) -> Waits:
        """How far behind the workers are."""
        asr = self._parts.asr
        words = 0.0 if asr is None else asr.stats().oldest_s
        return Waits(words=words, models=self._threads.oldest_s())

    def close(self) -> None:
        """Stop threads and processes; jobs that wait fail as "closed"."""
        self._threads.close()
        self._parts.close()


def failed(reason: str) -> Future[Result]:
    """A job that came to nothing at once."""
    future: Future[Result] = Future()
    future.set_result(Result(Failed(reason)))
    return future
