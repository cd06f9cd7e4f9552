"""Distributes the jobs of all streams to the threads and worker processes that run models."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sentivox.engine.batching import Call, Model, ModelThreads
from sentivox.engine.parts import LoadedModels
from sentivox.engine.workers import WorkerPool
from sentivox.stream.jobs import (
    AsrJob,
    Failed,
    Job,
    JobResult,
    SpeechJob,
    TextJob,
    ToneJob,
    UtteranceToneJob,
    VoiceJob,
)
from sentivox.system.machine import usable_cores
from sentivox.text.readings import HypothesisClassifier
from sentivox.text.script import language_of
from sentivox.types import UNDETERMINED, Hypothesis

# Seconds that a job may wait before its result is missed. Text completes an utterance that is over,
# while a tone window is overtaken by the next.
_TEXT_SLACK: Final = 0.1
_TONE_SLACK: Final = 0.5
_ASR_SLACK: Final = 1.0
_VOICE_SLACK: Final = 2.0

Run = Callable[[Any, str, bool], Future[JobResult]]
"""Queues a job of one type: (job, stream, live)."""

TEXT_MODEL_LANGUAGE: Final = {"yue": "zh"}
"""Language of the text model for languages without one: a Chinese model reads written Cantonese."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The longest current waits of live jobs, in seconds.

    Attributes:
        words: Longest wait for a recogniser.
        models: Longest wait for a model that runs on threads, such as tone or text.
    """

    words: float
    models: float


class Scheduler:
    """Owns the threads that run small models and the processes that recognise speech. Thread-safe.

    Threads and processes have separate queues, so transcriptions never delay tone windows. Each
    queue is fair between streams.

    Args:
        parts: The loaded models. Closing the scheduler ends their processes.
        threads: Number of threads for small models; by default one per core.
    """

    def __init__(self, parts: LoadedModels, threads: int | None = None) -> None:
        self._parts = parts
        self._texts = [HypothesisClassifier(model) for model in parts.texts]
        self._threads = ModelThreads(threads or usable_cores())
        self._runs: dict[type[Job], Run] = {ToneJob: self._tone, TextJob: self._text}
        if parts.asr is not None:
            self._runs[AsrJob] = partial(self._words, parts.asr)
        if parts.utterance_tone is not None:
            self._runs[UtteranceToneJob] = partial(self._utterance, parts.utterance_tone.classify)
        if parts.speech is not None:
            self._runs[SpeechJob] = partial(self._utterance, parts.speech.classify)
        if parts.voices is not None:
            self._runs[VoiceJob] = partial(self._voice, parts.voices.pool)

    def submit(self, job: Job, *, stream: str, live: bool) -> Future[JobResult]:
        """Queue a job. Never raises.

        Args:
            job: The job.
            stream: Id of the stream it belongs to. Streams take turns, however many jobs each has.
            live: It is of a live stream, whose client waits for the result. Live jobs count in
                `waits`, and the oldest are dropped if too many wait.

        Returns:
            A future that always resolves with a Result, unless it is cancelled. The value is
            `Failed("no_model")` if no model is loaded for this type of job.
        """
        run = self._runs.get(type(job))
        return failed("no_model") if run is None else run(job, stream, live)

    @property
    def kinds(self) -> frozenset[type[Job]]:
        """The types of jobs that there is a model for."""
        return frozenset(self._runs)

    def add(self, kind: type[Job], model: Model, slack_s: float) -> None:
        """Add a model for another type of job, to be run on the threads.

        Args:
            kind: Type of the jobs.
            model: Maps a batch of such jobs to one result per job, in order.
            slack_s: Seconds that such a job may wait before its result is missed.

        Raises:
            ValueError: There is a model for this type already.
        """
        if kind in self._runs:
            raise ValueError(f"there is already a model for {kind.__name__}")
        self._runs[kind] = lambda job, stream, live: self._threads.submit(
            Call(model=model, input=job, stream=stream, live=live, slack_s=slack_s)
        )

    def _tone(self, job: ToneJob, stream: str, live: bool) -> Future[JobResult]:
        return self._threads.submit(
            Call(
                model=self._parts.tone.classify,
                input=job.features,
                stream=stream,
                live=live,
                slack_s=_TONE_SLACK,
            )
        )

    def _words(self, asr: WorkerPool, job: AsrJob, stream: str, live: bool) -> Future[JobResult]:
        return asr.submit(
            job.audio, job.language, stream=stream, live=live, slack_s=_ASR_SLACK, timed=job.timed
        )

    def _utterance(
        self, model: Model, job: SpeechJob | UtteranceToneJob, stream: str, live: bool
    ) -> Future[JobResult]:
        return self._threads.submit(
            Call(model=model, input=job.audio, stream=stream, live=live, slack_s=_TEXT_SLACK)
        )

    def _text(self, job: TextJob, stream: str, live: bool) -> Future[JobResult]:
        language = job.language
        if language == UNDETERMINED:
            language = language_of(job.text) or UNDETERMINED
        language = TEXT_MODEL_LANGUAGE.get(language, language)
        model = next((m for m in self._texts if language in m.languages), None)
        if model is None:
            return failed(f"no_text_model_for_{language}")
        call = Call(
            model=model.classify,
            input=(Hypothesis(job.text), *job.alternatives),
            stream=stream,
            live=live,
            slack_s=_TEXT_SLACK,
        )
        return self._threads.submit(call)

    def _voice(self, pool: WorkerPool, job: VoiceJob, stream: str, live: bool) -> Future[JobResult]:
        return pool.submit(job.audio, None, stream=stream, live=live, slack_s=_VOICE_SLACK)

    def waits(self) -> Waits:
        """The longest current waits of live jobs."""
        asr = self._parts.asr
        words = 0.0 if asr is None else asr.stats().oldest_s
        return Waits(words=words, models=self._threads.oldest_s())

    def close(self) -> None:
        """Stop all threads and processes; waiting jobs fail with the reason "closed"."""
        self._threads.close()
        self._parts.close()


def failed(reason: str) -> Future[JobResult]:
    """A future already resolved as failed, for this reason."""
    future: Future[JobResult] = Future()
    future.set_result(JobResult(Failed(reason)))
    return future
