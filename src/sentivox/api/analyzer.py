"""The Python API: recordings and live audio in one process, without a server.

One recording, events as they come:

>>> import sentivox
>>> from sentivox.samples import CALL
>>> for event in sentivox.analyze(CALL, profile="embedded"):
...     if event.type == "SpeechStarted":
...         print(f"{event.start:.1f} s: speech on channel {event.channel + 1}")
...         break
0.7 s: speech on channel 1

Several, with the models loaded once; the whole of a recording at once:

>>> with sentivox.Analyzer("embedded", modalities=["audio"]) as analyzer:
...     result = analyzer.analyze(CALL).result()
>>> len(result.channels), len(result.utterances)
(2, 10)
>>> result.utterances[0].audio_sentiment.label
'neutral'

`analyze` also takes a file's bytes, an open file, or an array of samples and its rate:

>>> import numpy as np
>>> sentivox.analyze(np.zeros(8000, np.int16), sample_rate=8000, modalities=["audio"]).result().file
'<array>'

Live audio: `Analyzer.stream` takes bytes or samples and returns events; `Analyzer.listen` is the
same for asyncio.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from types import NoneType
from typing import Self

from sentivox.api.analysis import Analysis
from sentivox.api.arguments import settings
from sentivox.api.live import LiveStream, listen
from sentivox.api.result import Result
from sentivox.audio.files import AudioFile
from sentivox.audio.frames import Frames
from sentivox.audio.given import Source, recording
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.tracks import Wanted
from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.engine.runner import Runner
from sentivox.errors import UsageError
from sentivox.fusion.calibration import Calibration
from sentivox.models.selection import ModelChoice
from sentivox.protocol.events import AudioSentiment, Event, Summary, Utterance
from sentivox.protocol.options import ChineseScript
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import PATH, require
from sentivox.types import SAMPLE_RATE

logger = logging.getLogger("sentivox")


class Analyzer:
    """Loaded models, ready for any number of recordings and live streams.

    Args:
        profile: "auto" (for each part the best that is on this machine), "embedded", "standard",
            "accurate", "multilingual" or "blueprint" (docs/models.md).
        asr: Id of a recogniser, in place of the profile's: "whisper-base", "pocketsphinx", …
        text: Id of a text model, in place of the profile's: "roberta-sentiment", "embedded", …
        tone: Id of a tone model, in place of the profile's: "embedded".
        language: BCP-47 tag of the speech, such as "en" or "zh-CN"; None or "auto" detects it.
        modalities: "text", "audio" or both; leaving out "audio" switches tone inference off,
            leaving out "text" loads no recogniser and no text model.
        calibration: How the opinions are fused, such as `Calibration.load("calibration.json")`.
            One that was fitted to other models is used, with a warning in the log.
        min_confidence: A fused label less likely than this is called "unknown".
        baseline: Hear the tone of each utterance against what is usual for its channel so far;
            else alone (docs/accuracy.md).
        chinese_script: How Chinese is written: "simplified", "traditional", or "original", as the
            recogniser has it.
        words: Tell when each word was said, in `Utterance.words`.
        interim: Live, tell the words so far at pauses, as `InterimTranscript`.
        speakers: Tell speakers apart by their voices (biometric data: docs/models.md).
        voices: The folder of those who enrolled; implies `speakers`.
        progress: Told which model is loading: `progress(stage, done)`.
        config: All settings at once, instead of those from language to interim.

    Raises:
        ModelError: A model is missing or damaged.
        ProtocolError: A setting is impossible.
        UsageError: An argument is of a wrong type.
    """

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
        min_confidence: float = 0.0,
        baseline: bool = True,
        chinese_script: ChineseScript = "simplified",
        words: bool = False,
        interim: bool = False,
        speakers: bool = False,
        voices: str | Path | None = None,
        progress: Progress | None = None,
        config: StreamConfig | None = None,
    ) -> None:
        if progress is not None and not callable(progress):
            raise UsageError("progress must be a function of a stage's name and whether it is done")
        require("config", config, (StreamConfig, NoneType), "a StreamConfig")
        require("voices", voices, (*PATH, NoneType), "the path of a folder")
        require("speakers", speakers, bool, "True or False")
        config = config or settings(
            calibration,
            language=language,
            modalities=modalities,
            min_confidence=min_confidence,
            baseline=baseline,
            chinese_script=chinese_script,
            words=words,
            interim=interim,
        )
        speakers = speakers or voices is not None or config.speakers
        self.config = replace(config, speakers=speakers)
        choice = ModelChoice(profile, asr, text, tone)
        self.engine = _load(choice, self.config, None if voices is None else Path(voices), progress)
        self._closed = False

    def analyze(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        mixdown: bool = False,
        track: Wanted = None,
    ) -> Analysis:
        """Analyse a recording: iterate over its events as they come, or ask for `result()`.

        Args:
            source: A path, a file's bytes or an open binary file of any format with an audio
                track; or an array of samples, int16 or float in -1…1, of shape (n,) or
                (channels, n). Two channels stay two speakers.
            sample_rate: Of an array, in Hz; files tell their own.
            mixdown: Mix the channels into one first.
            track: Which audio track, counted from 1; "all" makes two tracks two channels. None
                takes the best that is not silent, and two mono tracks for two speakers.

        Raises:
            AudioError: The file is missing or holds no audio, or no such track; or the array
                cannot be any.
            UsageError: The analyzer is closed.
        """
        self._require_open()
        file = recording(source, sample_rate=sample_rate, mixdown=mixdown, track=track)
        return Analysis(self.engine, file, self.config, check=self._require_open)

    def stream(
        self, *, sample_rate: int = SAMPLE_RATE, encoding: str = "linear16", channels: int = 1
    ) -> LiveStream:
        """Open a live stream: feed it bytes or samples as they arrive."""
        audio = AudioFormat(encoding=encoding, sample_rate=sample_rate, channels=channels)
        return LiveStream(self._runner(audio), audio, self._require_open)

    def listen(
        self,
        audio: AsyncIterable[Frames],
        *,
        sample_rate: int = SAMPLE_RATE,
        encoding: str = "linear16",
        channels: int = 1,
    ) -> AsyncGenerator[Event]:
        """Take live audio from an async iterator, at the pace of speech; yield events.

        When the audio ends, the events go on to Summary and Termination.
        """
        require("audio", audio, AsyncIterable, "an async iterator: for pieces at hand use stream()")
        form = AudioFormat(encoding=encoding, sample_rate=sample_rate, channels=channels)
        return listen(self._runner(form), audio, form)

    def close(self) -> None:
        """Release models and worker processes; closing again does nothing."""
        self._closed = True
        self.engine.close()

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


def analyze(
    source: Source,
    *,
    sample_rate: int | None = None,
    profile: str = "auto",
    asr: str | None = None,
    text: str | None = None,
    tone: str | None = None,
    language: str | None = "en",
    modalities: Iterable[str] = ("text", "audio"),
    calibration: Calibration | None = None,
    min_confidence: float = 0.0,
    baseline: bool = True,
    chinese_script: ChineseScript = "simplified",
    words: bool = False,
    speakers: bool = False,
    voices: str | Path | None = None,
    progress: Progress | None = None,
    config: StreamConfig | None = None,
    mixdown: bool = False,
    track: Wanted = None,
) -> Analysis:
    """Analyse one recording. For several, make an `Analyzer` once and reuse it.

    The same arguments and errors as `Analyzer` and `Analyzer.analyze`. The models are released
    when the last event has been taken, or when a `with` over the analysis ends.
    """
    file = recording(source, sample_rate=sample_rate, mixdown=mixdown, track=track)
    analyzer = Analyzer(
        profile,
        asr=asr,
        text=text,
        tone=tone,
        language=language,
        modalities=modalities,
        calibration=calibration,
        min_confidence=min_confidence,
        baseline=baseline,
        chinese_script=chinese_script,
        words=words,
        speakers=speakers,
        voices=voices,
        progress=progress,
        config=config,
    )
    return Analysis(analyzer.engine, file, analyzer.config, owned=True)


def _load(
    choice: ModelChoice,
    config: StreamConfig,
    voices: Path | None,
    progress: Progress | None,
) -> Engine:
    """Load the models, and say so if the calibration was fitted to others.

    Raises:
        ModelError: A model is missing or damaged.
        ProtocolError: The models cannot do what the settings ask for.
    """
    engine = Engine.load(
        **asdict(choice),
        language=config.language,
        words="text" in config.modalities,
        speakers=config.speakers,
        voices=voices,
        progress=progress,
    )
    try:
        engine.offered(config)
    except BaseException:
        engine.close()
        raise
    if mismatch := config.calibration.mismatch(engine.names()):
        logger.warning(mismatch)
    return engine


__all__ = [
    "Analysis", "Analyzer", "AudioFile", "AudioSentiment", "Calibration", "Event", "LiveStream",
    "Result", "Summary", "Utterance", "analyze",
]  # fmt: skip
