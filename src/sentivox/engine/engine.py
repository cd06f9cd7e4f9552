"""The engine: the models and workers, loaded once per process and shared by all sessions."""

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

from sentivox.audio.pcm import AudioFormat, PcmDecoder
from sentivox.conversation.alerts.combined import Channels
from sentivox.conversation.alerts.evaluator import Evaluator
from sentivox.engine.batching import Model
from sentivox.engine.capacity import Cost, measure
from sentivox.engine.parts import (
    LoadedModels,
    Progress,
    choose_models,
    load_parts,
    load_tone,
    with_voices,
)
from sentivox.engine.scheduler import Scheduler, Waits
from sentivox.engine.speaking import find_turns
from sentivox.errors import ProtocolError
from sentivox.models.selection import AUTO_PROFILE, ModelChoice
from sentivox.models.store import ModelStore
from sentivox.protocol.begin import Applied, Limits, Models
from sentivox.protocol.events import Begin
from sentivox.protocol.language import not_spoken
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import Job, JobResult
from sentivox.stream.session import Numbering, Session
from sentivox.stream.stage import StageFactory
from sentivox.stream.stages import STAGES
from sentivox.stream.stages.speaker import SpeakerTracker
from sentivox.stream.stream import Stream
from sentivox.system.machine import usable_cores
from sentivox.tone.features import FeatureStream
from sentivox.types import Int16Array
from sentivox.voice.bundled import BundledVoiceModel
from sentivox.voice.speakers import Speakers
from sentivox.voice.turns import Turns
from sentivox.wording.channels import require_one_each


class Engine:
    """Loaded models, shared by all sessions. Thread-safe; a context manager that closes on exit.

    Args:
        parts: The loaded models.

    Attributes:
        profile: Name of the combination of models.
    """

    def __init__(self, parts: LoadedModels) -> None:
        self._parts = parts
        self.profile = parts.profile
        self._scheduler = Scheduler(parts)
        self._cost: Cost | None = None
        self._voiceprints: BundledVoiceModel | None = None  # loaded for the first recording
        self._loading = threading.Lock()

    @classmethod
    def load(
        cls,
        profile: str = AUTO_PROFILE,
        *,
        asr: str | None = None,
        text: str | None = None,
        tone: str | None = None,
        language: str | None = "en",
        asr_workers: int | None = None,
        words: bool = True,
        speakers: bool = False,
        voices: Path | None = None,
        progress: Progress | None = None,
    ) -> "Engine":
        """Load models, and return when all are ready.

        Args:
            profile: "auto" (for each part the best model on this machine), "embedded", "standard",
                "accurate", "multilingual" or "blueprint".
            asr: Id of a recogniser, instead of the profile's.
            text: Id of a text model, instead of the profile's.
            tone: Id of a tone model, instead of the profile's.
            language: Primary tag of the language mostly spoken, for "auto" to choose a recogniser
                that supports it; None if the language is to be detected.
            asr_workers: Number of recognition processes; by default one per core.
            words: Load a recogniser and text models; without, only tone can be analysed.
            speakers: Also load a speaker model.
            voices: Folder of enrolled voices.
            progress: Called at the begin and end of loading each part.

        Raises:
            ModelError: A model is missing or damaged, or there is no such profile or model.
        """
        progress, store = progress or _silent, ModelStore.from_environment()
        selection = choose_models(ModelChoice(profile, asr, text, tone), store, language)
        if words:
            parts = load_parts(selection, store, asr_workers or usable_cores(), progress)
        else:
            parts = load_tone(progress, selection)
        return cls(with_voices(parts, voices) if speakers else parts)

    def open(
        self,
        audio: AudioFormat | None = None,
        config: StreamConfig | None = None,
        *,
        limits: Limits | None = None,
        numbering: Numbering | None = None,
        stages: Sequence[StageFactory] = STAGES,
        turns: Turns | None = None,
    ) -> Session:
        """Open a session with one stream per channel, all with the same settings.

        Args:
            audio: Format of the client's bytes; by default 16 kHz mono int16.
            config: Settings of every channel, reduced as by `offered`.
            limits: The shell's limits, to be reported in `Begin`.
            numbering: Continues another session's id and sequence numbers; by default a new,
                unguessable id.
            stages: Factories of the stages, besides the one that finds out the speakers.
            turns: Who speaks when, for a recording of one channel (see `find_turns`).

        Raises:
            ProtocolError: None of the requested modalities is available, the recogniser does not
                support the language, or names or roles are not as many as the channels.
        """
        audio, config = audio or AudioFormat(), self.offered(config or StreamConfig())
        require_one_each(audio.channels, config.channel_names, config.roles)
        numbering = numbering or Numbering(secrets.token_urlsafe(16))
        about = None if self._parts.asr is None else self._parts.asr.about
        voices = self._parts.voices if config.speakers and turns is None else None
        tracker = None if voices is None else SpeakerTracker(Speakers(voices.known))
        streams = [
            Stream(
                config,
                self._parts.vad.stream(),
                FeatureStream(),
                channel=channel,
                check_language=about is not None and about.detects,
                utterance_tone=self._parts.utterance_tone is not None,
                stages=stages if tracker is None else (*stages, tracker.stage),
                turns=turns,
            )
            for channel in range(audio.channels)
        ]
        greeting = Begin(
            config=Applied(
                sample_rate=audio.sample_rate,
                encoding=audio.encoding,
                channels=audio.channels,
                **config.asked(),
            ),
            limits=limits or Limits(),
            models=Models(**self.describe()),
            profile=self.profile,
        )
        channels = Channels(audio.channels, config.channel_names, config.roles)
        alerts = Evaluator(config.alerts, channels) if config.alerts else None
        return Session(
            streams,
            PcmDecoder(audio),
            greeting,
            numbering,
            tracker,
            alerts=alerts,
            escalation=config.escalation,
        )

    def find_turns(
        self,
        recording: Iterable[Int16Array],
        config: StreamConfig,
        go_on: Callable[[], object] | None = None,
    ) -> Turns:
        """Find out who speaks when in a recording of one channel; see `speaking.find_turns`.

        Raises:
            AudioError: The recording cannot be decoded.
            ModelError: The bundled voiceprint model is missing or damaged.
        """
        with self._loading:
            if self._voiceprints is None:
                self._voiceprints = BundledVoiceModel()
        return find_turns(recording, self._parts.vad.stream(), self._voiceprints, config, go_on)

    def offered(self, config: StreamConfig) -> StreamConfig:
        """Reduce settings to what these models support.

        Without a recogniser, only the audio modality is left. Word times, interim transcripts and
        live tone by the utterance tone model are switched off where they are not available.

        Raises:
            ProtocolError: No requested modality is left, or the recogniser does not support the
                language.
        """
        able = self._parts.utterance_tone is not None and "audio" in config.modalities
        config = dataclasses.replace(config, live_voice=config.live_voice and able)
        if (asr := self._parts.asr) is not None:
            about, language = asr.about, config.language
            if (
                about is not None
                and language is not None
                and "text" in config.modalities
                and language not in about.languages
            ):
                raise ProtocolError(not_spoken(about.name, language, about.languages))
            timing = "text" in config.modalities and self.tells_times
            ahead = "text" in config.modalities and config.speculate
            return dataclasses.replace(
                config, words=config.words and timing, interim=config.interim and ahead
            )
        if "audio" not in config.modalities:
            raise ProtocolError(
                "only the tone is analysed here, not the words: use modalities=audio"
            )
        return dataclasses.replace(
            config, modalities=frozenset({"audio"}), words=False, interim=False
        )

    @property
    def tells_times(self) -> bool:
        """Whether there is a recogniser that reports word times (assumed until it is ready)."""
        asr = self._parts.asr
        return asr is not None and (asr.about is None or asr.about.timing)

    def submit(self, job: Job, *, stream: str = "", live: bool = False) -> Future[JobResult]:
        """Queue a job; see `Scheduler.submit`."""
        return self._scheduler.submit(job, stream=stream, live=live)

    @property
    def kinds(self) -> frozenset[type[Job]]:
        """The types of jobs that this engine can run."""
        return self._scheduler.kinds

    def add_model(self, kind: type[Job], model: Model, slack_s: float) -> None:
        """Add a model for another type of job; see `Scheduler.add`."""
        self._scheduler.add(kind, model, slack_s)

    def waits(self) -> Waits:
        """The longest current waits of live jobs."""
        return self._scheduler.waits()

    def cost(self) -> Cost:
        """The cost of a live channel on this machine, measured on the first call; see `measure`."""
        if self._cost is None:
            self._cost = measure(self._parts)
        return self._cost

    def describe(self) -> dict[str, Any]:
        """Names of the models in use by part, as fields of `Models`; "text" by language."""
        asr = self._parts.asr
        about = None if asr is None else asr.about
        utterance_tone = self._parts.utterance_tone
        return {
            "vad": "silero-vad/v6",
            "tone": self._parts.tone.name,
            "utterance_tone": None if utterance_tone is None else utterance_tone.name,
            "asr": None if about is None else about.name,
            "speech": None if self._parts.speech is None else self._parts.speech.name,
            "text": {tag: model.name for model in self._parts.texts for tag in model.languages},
        }

    @property
    def languages(self) -> frozenset[str]:
        """Primary tags of the languages that are recognised; empty without a recogniser."""
        about = None if self._parts.asr is None else self._parts.asr.about
        return frozenset(() if about is None else about.languages)

    def names(self) -> dict[str, str]:
        """Names of the models in use, by part, in one level with keys such as "text.en"."""
        parts = self.describe()
        texts = {f"text.{tag}": name for tag, name in parts.pop("text").items()}
        return {part: name for part, name in (parts | texts).items() if name is not None}

    def asr_stats(self) -> dict[str, Any] | None:
        """Current state of the recognition workers, as fields of `PoolStats`; None without any."""
        asr = self._parts.asr
        return None if asr is None else dataclasses.asdict(asr.stats())

    @property
    def broken(self) -> str | None:
        """One line that says why recognition does not work; None if it does.

        It does not if workers do not start, or keep dying or hanging.
        """
        if (asr := self._parts.asr) is None or not asr.broken:
            return None
        why = asr.stats().error
        return f"the speech recogniser {f'does not start: {why}' if why else 'keeps failing'}"

    def close(self) -> None:
        """Stop all threads and processes; waiting jobs fail."""
        self._scheduler.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _silent(_stage: str, _done: bool) -> None:
    """Ignore progress; the default callback."""
