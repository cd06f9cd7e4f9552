"""Loaded models, for any number of recordings and live streams in this process."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any, Self

from sentivox.api.analysis import Analysis
from sentivox.api.arguments import rules, settings
from sentivox.api.live import LiveStream, listen
from sentivox.api.loading import load_engine
from sentivox.api.threads import to_end
from sentivox.audio.frames import Frames
from sentivox.audio.given import Source, recording
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.tracks import TrackRequest
from sentivox.conversation.alerts.rules import Rule
from sentivox.engine.parts import Progress
from sentivox.engine.runner import Runner
from sentivox.errors import UsageError
from sentivox.fusion.calibration import Calibration
from sentivox.models.selection import ModelChoice
from sentivox.protocol.events import Event
from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.protocol.options import ChineseScript, Role
from sentivox.stream.config import StreamConfig
from sentivox.system.suggesting import suggesting
from sentivox.system.usage import PATH, require
from sentivox.types import SAMPLE_RATE


class Analyzer:
    """Loaded models, ready for any number of recordings and live streams.

    Args:
        profile: "auto" (for each part the best that is on this machine), "embedded", "standard",
            "accurate", "multilingual" or "blueprint" (docs/models.md).
        asr: Id of a recogniser, in place of the profile's: "whisper-base", "pocketsphinx", …
        text: Id of a text model, in place of the profile's: "roberta-sentiment", "embedded", …
        tone: Id of a tone model, in place of the profile's: "embedded".
        language: BCP-47 tag of the speech, such as "en" or "zh-CN"; None or "auto" detects it.
        modalities: "text", "audio" or both. Without "audio" no tone is inferred; without "text"
            neither a recogniser nor a text model is loaded.
        calibration: How text and tone are fused, such as `Calibration.load("calibration.json")`.
            One that was fitted to other models is used, with a warning in the log.
        min_confidence: Probability (0…1) below which a label becomes "unclear".
        baseline: Judge the tone of each utterance relative to earlier ones of its channel (True),
            or on its own (False); see docs/accuracy.md.
        chinese_script: Script of Chinese text: "simplified", "traditional", or "original", as the
            recogniser writes it.
        words: Include the times of each word, in `Utterance.words`.
        interim: In live streams, emit the transcript so far at pauses, as `InterimTranscript`.
        live_voice: Report live tone once a second by the more accurate model of whole utterances,
            where the machine has room for it.
        channel_names: A name for each channel, for people, such as ["Agent", "Customer"].
        roles: For each channel "agent", "customer" or "other"; the first two also name it, if
            `channel_names` does not.
        tags: Tags under which a server that stores conversations would find this one.
        alerts: Alert rules: the path of a TOML file, or dicts with the same keys (docs/alerts.md).
        speakers: Distinguish speakers by their voices (biometric data: see docs/models.md): always
            (True), never (False), or (None) only in recordings of one channel in which several
            voices are found.
        voices: Folder of enrolled voices, to name their speakers; implies `speakers`.
        progress: Called as `progress(stage, done)` when the loading of a model begins and ends.
        config: All settings at once, in place of the arguments from `language` to `tags`.

    Attributes:
        config: Settings of every analysis and stream.
        diarise: Whether to tell the voices in recordings of one channel apart.
        engine: The loaded models.

    Raises:
        ModelError: A model is missing or damaged.
        ProtocolError: A setting is invalid, or the models do not support it.
        UsageError: An argument is of the wrong type.
        SentivoxError: An alert rule is wrong, or the file of rules cannot be read.
    """

    @suggesting
    def __init__(
        self,
        profile: str = "auto",
        *,
        asr: str | None = None,
        text: str | None = None,
        tone: str | None = None,
        language: str | None = "en",
        modalities: Iterable[str] = ("text", "audio"),
        calibration: Calibration | None = None,
        min_confidence: float = MIN_CONFIDENCE,
        baseline: bool = True,
        chinese_script: ChineseScript = "simplified",
        words: bool = False,
        interim: bool = False,
        live_voice: bool = False,
        channel_names: Iterable[str] = (),
        roles: Iterable[Role] = (),
        tags: Iterable[str] = (),
        alerts: str | Path | Iterable[Rule | Mapping[str, Any]] = (),
        speakers: bool | None = None,
        voices: str | Path | None = None,
        progress: Progress | None = None,
        config: StreamConfig | None = None,
    ) -> None:
        if progress is not None and not callable(progress):
            raise UsageError("progress must be a function of a stage's name and whether it is done")
        require("config", config, (StreamConfig, NoneType), "a StreamConfig")
        require("voices", voices, (*PATH, NoneType), "the path of a folder")
        require("speakers", speakers, (bool, NoneType), "True, False or None")
        config = config or settings(
            calibration,
            language=language,
            modalities=modalities,
            min_confidence=min_confidence,
            baseline=baseline,
            chinese_script=chinese_script,
            words=words,
            interim=interim,
            live_voice=live_voice,
            channel_names=channel_names,
            roles=roles,
            tags=tags,
        )
        self.diarise = speakers is not False and voices is None
        speakers = bool(speakers) or voices is not None or config.speakers
        own = (*config.alerts, *rules(alerts))
        self.config = replace(config, speakers=speakers, alerts=own)
        choice = ModelChoice(profile, asr, text, tone)
        folder = None if voices is None else Path(voices)
        self.engine = load_engine(choice, self.config, folder, progress)
        self._closed = False

    @suggesting
    def analyze(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        mixdown: bool = False,
        track: TrackRequest = None,
    ) -> Analysis:
        """Analyse a recording: iterate over the analysis for its events, or call `result()`.

        Args:
            source: A path, or a file's bytes, open binary file or iterable of pieces, in any format
                with an audio track; or an array of samples, int16 or float in -1…1, of shape (n,)
                or (channels, n), or an iterable of them or of bytes of 16-bit samples of one
                channel. Two channels are treated as two speakers. An open file or an iterable is
                read to its end first.
            sample_rate: Sample rate of samples, in Hz; must be None for files.
            mixdown: Mix the channels into one first.
            track: Audio track, counted from 1; "all" makes two tracks two channels. None picks the
                best track that is not silent, or two mono tracks as two speakers.

        Raises:
            AudioError: The file is missing, holds no audio or lacks this track; or the samples
                are not valid audio.
            UsageError: The analyzer is closed, or an argument is of the wrong type.
        """
        self._require_open()
        file = recording(source, sample_rate=sample_rate, mixdown=mixdown, track=track)
        return Analysis(
            self.engine, file, self.config, diarise=self.diarise, check=self._require_open
        )

    @suggesting
    async def aanalyze(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        mixdown: bool = False,
        track: TrackRequest = None,
    ) -> Analysis:
        """`analyze` for asyncio: the source is read and opened in a thread."""
        return await to_end(
            partial(self.analyze, source, sample_rate=sample_rate, mixdown=mixdown, track=track)
        )

    @suggesting
    def stream(
        self, *, sample_rate: int = SAMPLE_RATE, encoding: str = "linear16", channels: int = 1
    ) -> LiveStream:
        """Open a live stream, to be fed audio as it arrives.

        Args:
            sample_rate: Hz, 8000 to 48000.
            encoding: "linear16", "linear32f", "mulaw" or "alaw".
            channels: 1, or 2 for two speakers.

        Raises:
            ProtocolError: The format is not supported.
            UsageError: The analyzer is closed.
        """
        audio = AudioFormat(encoding=encoding, sample_rate=sample_rate, channels=channels)
        return LiveStream(self._runner(audio), audio, self._require_open)

    @suggesting
    def listen(
        self,
        audio: AsyncIterable[Frames],
        *,
        sample_rate: int = SAMPLE_RATE,
        encoding: str = "linear16",
        channels: int = 1,
    ) -> AsyncGenerator[Event]:
        """Analyse live audio from an async iterator; yields events as they become known.

        When the audio ends, the events continue up to Summary and Termination.

        Args:
            audio: Chunks of bytes or samples, as `LiveStream.feed` takes them, in real time.
            sample_rate: Hz, 8000 to 48000.
            encoding: "linear16", "linear32f", "mulaw" or "alaw".
            channels: 1, or 2 for two speakers.

        Raises:
            ProtocolError: The format is not supported.
            UsageError: The analyzer is closed, or `audio` is not an async iterator.
        """
        require("audio", audio, AsyncIterable, "an async iterator: for pieces at hand use stream()")
        form = AudioFormat(encoding=encoding, sample_rate=sample_rate, channels=channels)
        return listen(self._runner(form), audio, form)

    def close(self) -> None:
        """Release the models and worker processes; closing again does nothing."""
        self._closed = True
        self.engine.close()

    async def aclose(self) -> None:
        """`close` for asyncio: worker processes are waited for in a thread."""
        await to_end(self.close)

    def _runner(self, audio: AudioFormat) -> Runner:
        self._require_open()
        return Runner(self.engine, self.engine.open(audio, self.config), live=True)

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError("this Analyzer is closed, and its models are released: make another")

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
