"""Who does what next: all workers of the process, and the jobs of all streams."""

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

from sentivox.engine.batching import Call, ModelThreads
from sentivox.engine.parts import Parts
from sentivox.stream.jobs import AsrJob, Failed, Job, Result, SpeechJob, TextJob, ToneJob, VoiceJob
from sentivox.system.machine import usable_cores
from sentivox.text.readings import Readings
from sentivox.text.script import language_of
from sentivox.types import UNDETERMINED, Reading

# How long a job may wait before somebody misses its result, in seconds. Words complete an utterance
# that is over; a tone window is overtaken by the next.
_TEXT_SLACK: Final = 0.1
_TONE_SLACK: Final = 0.5
_ASR_SLACK: Final = 1.0
_VOICE_SLACK: Final = 2.0

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

    def submit(self, job: Job, *, stream: str, live: bool) -> Future[Result]:
        """Run a job. The future always brings a Result, unless it is cancelled; never raises.

        Args:
            job: To be done.
            stream: Whose it is: streams take turns, whatever each asks for.
            live: Somebody waits for it: it counts for `waits`, and too many of them are dropped.
        """
        call = partial(Call, stream=stream, live=live)
        match job:
            case AsrJob():
                if self._parts.asr is None:
                    raise AssertionError("a session seeks words without a recogniser")
                return self._parts.asr.submit(
                    job.audio,
                    job.language,
                    stream=stream,
                    live=live,
                    slack_s=_ASR_SLACK,
                    timed=job.timed,
                )
            case ToneJob():
                tone = self._parts.tone.classify
                return self._threads.submit(
                    call(model=tone, input=job.features, slack_s=_TONE_SLACK)
                )
            case SpeechJob():
                if self._parts.speech is None:
                    raise AssertionError("a session has words without a recogniser")
                speech = self._parts.speech.classify
                return self._threads.submit(
                    call(model=speech, input=job.audio, slack_s=_TEXT_SLACK)
                )
            case TextJob():
                return self._submit_text(job, stream=stream, live=live)
            case VoiceJob():
                if self._parts.voices is None:
                    raise AssertionError("a session tells speakers apart without a model for it")
                return self._parts.voices.pool.submit(
                    job.audio, None, stream=stream, live=live, slack_s=_VOICE_SLACK
                )

    def _submit_text(self, job: TextJob, *, stream: str, live: bool) -> Future[Result]:
        language = job.language
        if language == UNDETERMINED:
            language = language_of(job.text) or UNDETERMINED
        language = READ_AS.get(language, language)
        model = next((m for m in self._texts if language in m.languages), None)
        if model is None:
            unread: Future[Result] = Future()
            unread.set_result(Result(Failed(f"no_text_model_for_{language}")))
            return unread
        call = Call(
            model=model.classify,
            input=(Reading(job.text), *job.alternatives),
            stream=stream,
            live=live,
            slack_s=_TEXT_SLACK,
        )
        return self._threads.submit(call)

    def waits(self) -> Waits:
        """How far behind the workers are."""
        asr = self._parts.asr
        words = 0.0 if asr is None else asr.stats().oldest_s
        return Waits(words=words, models=self._threads.oldest_s())

    def close(self) -> None:
        """Stop threads and processes; jobs that wait fail as "closed"."""
        self._threads.close()
        self._parts.close()
