"""Everything that is loaded once: models, worker processes, and the threads that run jobs."""

import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

from sentivox.audio.pcm import AudioFormat, PcmDecoder
from sentivox.engine.profiles import Parts, Progress, cores, load_parts, with_voices
from sentivox.stream.config import StreamConfig
from sentivox.stream.events import Begin
from sentivox.stream.greeting import Applied, Limits, Models
from sentivox.stream.jobs import AsrJob, Failed, Job, Result, TextJob, ToneJob, VoiceJob
from sentivox.stream.session import Numbering, Session
from sentivox.stream.stream import Stream
from sentivox.text.script import language_of
from sentivox.tone.features import FeatureStream
from sentivox.types import UNDETERMINED, TextScores, ToneScores
from sentivox.voice.speakers import Speakers

READ_AS: Final = {"yue": "zh"}
"""Cantonese is written in characters, which a Chinese text model reads."""


class Engine:
    """Loaded models, shared by every session; thread-safe.

    Args:
        parts: The models.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.profile = parts.profile
        # ONNX Runtime releases the interpreter lock, so as many threads as cores pay.
        self._threads = ThreadPoolExecutor(cores(), thread_name_prefix="sentivox-model")

    @classmethod
    def load(
        cls,
        profile: str = "auto",
        *,
        asr_workers: int | None = None,
        speakers: bool = False,
        voices: Path | None = None,
        progress: Progress | None = None,
    ) -> "Engine":
        """Load a profile's models; returns when all are ready.

        Args:
            profile: "auto", "embedded", "standard" or "multilingual".
            asr_workers: Processes that transcribe; by default one a core.
            speakers: Also load a model that tells speakers apart.
            voices: The folder of those that are enrolled.
            progress: Told which stage is loading.

        Raises:
            ModelError: A model is missing or damaged, or the profile is unknown.
        """
        parts = load_parts(profile, asr_workers or cores(), progress or _silent)
        return cls(with_voices(parts, voices) if speakers else parts)

    def open(
        self,
        audio: AudioFormat | None = None,
        config: StreamConfig | None = None,
        *,
        limits: Limits | None = None,
        numbering: Numbering | None = None,
    ) -> Session:
        """A new session: one stream a channel of `audio`, all with the same settings.

        Args:
            audio: What the client's bytes are.
            config: Settings of every channel.
            limits: What `Begin` tells the client of the shell's own limits.
            numbering: To go on with another session's id and numbers; by default a new,
                unguessable id.
        """
        audio, config = audio or AudioFormat(), config or StreamConfig()
        numbering = numbering or Numbering(secrets.token_urlsafe(16))
        streams = [
            Stream(config, self._parts.vad.stream(), FeatureStream(), channel=channel)
            for channel in range(audio.channels)
        ]
        greeting = Begin(
            config=Applied(
                sample_rate=audio.sample_rate,
                encoding=audio.encoding,
                channels=audio.channels,
                language=config.language,
                modalities=sorted(config.modalities),
                min_confidence=config.min_confidence,
            ),
            limits=limits or Limits(),
            models=Models(**self.describe()),
            profile=self.profile,
        )
        voices = self._parts.voices if config.speakers else None
        speakers = None if voices is None else Speakers(voices.known)
        return Session(streams, PcmDecoder(audio), greeting, numbering, speakers)

    def submit(self, job: Job) -> Future[Result]:
        """Run a job. The future always brings a Result, unless it is cancelled; never raises."""
        if isinstance(job, AsrJob):
            return self._parts.asr.submit(job.audio, job.language)
        if isinstance(job, VoiceJob):
            return self._voice(job)
        try:
            return self._threads.submit(self._run, job, time.perf_counter())
        except RuntimeError:  # closed meanwhile
            closed: Future[Result] = Future()
            closed.set_result(Result(Failed("closed")))
            return closed

    def _voice(self, job: VoiceJob) -> Future[Result]:
        if self._parts.voices is None:
            raise AssertionError("a session that tells speakers apart without a model for it")
        return self._parts.voices.pool.submit(job.audio, None)

    def describe(self) -> dict[str, Any]:
        """The models in use, by their part."""
        about = self._parts.asr.about
        return {
            "vad": "silero-vad/v6",
            "tone": self._parts.tone.name,
            "asr": None if about is None else about.name,
            "text": {tag: model.name for model in self._parts.texts for tag in model.languages},
        }

    def names(self) -> dict[str, str]:
        """The same in one level, such as "tone" and "text.en"."""
        parts = self.describe()
        texts = {f"text.{tag}": name for tag, name in parts.pop("text").items()}
        return {part: name for part, name in (parts | texts).items() if name is not None}

    def asr_stats(self) -> dict[str, Any]:
        """The transcribing processes at this moment."""
        stats = self._parts.asr.stats()
        return {
            "alive": stats.alive,
            "busy": stats.busy,
            "queued": stats.queued,
            "restarts": stats.restarts,
            "error": stats.error,
        }

    def close(self) -> None:
        """Stop threads and processes; jobs that wait are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._parts.asr.close()
        if self._parts.voices is not None:
            self._parts.voices.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, job: ToneJob | TextJob, queued: float) -> Result:
        began = time.perf_counter()
        value: ToneScores | TextScores | Failed
        try:
            value = self._tone(job) if isinstance(job, ToneJob) else self._text(job)
        except Exception as error:  # noqa: BLE001  (a model that fails costs its own result only)
            value = Failed(f"{type(error).__name__}")
        ended = time.perf_counter()
        return Result(value, queue_ms=(began - queued) * 1e3, run_ms=(ended - began) * 1e3)

    def _tone(self, job: ToneJob) -> ToneScores:
        return self._parts.tone.classify([job.features])[0]

    def _text(self, job: TextJob) -> TextScores | Failed:
        language = job.language
        if language == UNDETERMINED:
            language = language_of(job.text) or UNDETERMINED
        language = READ_AS.get(language, language)
        model = next((m for m in self._parts.texts if language in m.languages), None)
        if model is None:
            return Failed(f"no_text_model_for_{language}")
        return model.classify([job.text])[0]


def _silent(_stage: str, _done: bool) -> None:
    """Progress that nobody asked for."""
