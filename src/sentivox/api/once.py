"""Analyses one recording with models of its own, which are released at the end."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from sentivox.api.analysis import Analysis
from sentivox.api.analyzer import Analyzer
from sentivox.api.threads import to_end
from sentivox.audio.given import Source, recording
from sentivox.audio.tracks import TrackRequest
from sentivox.conversation.alerts.rules import Rule
from sentivox.engine.parts import Progress
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.labels import MIN_CONFIDENCE
from sentivox.protocol.options import ChineseScript, Role
from sentivox.stream.config import StreamConfig
from sentivox.system.suggesting import suggesting

P = ParamSpec("P")


@suggesting
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
    min_confidence: float = MIN_CONFIDENCE,
    baseline: bool = True,
    chinese_script: ChineseScript = "simplified",
    words: bool = False,
    channel_names: Iterable[str] = (),
    roles: Iterable[Role] = (),
    tags: Iterable[str] = (),
    alerts: str | Path | Iterable[Rule | Mapping[str, Any]] = (),
    speakers: bool | None = None,
    voices: str | Path | None = None,
    progress: Progress | None = None,
    config: StreamConfig | None = None,
    mixdown: bool = False,
    track: TrackRequest = None,
) -> Analysis:
    """Analyse one recording. For several, create one `Analyzer` and reuse it.

    Takes the arguments of `Analyzer` and `Analyzer.analyze`, and raises the same errors. The
    models are released once the last event has been taken, or at the end of a `with` block over
    the analysis.
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
        channel_names=channel_names,
        roles=roles,
        tags=tags,
        alerts=alerts,
        speakers=speakers,
        voices=voices,
        progress=progress,
        config=config,
    )
    return Analysis(analyzer.engine, file, analyzer.config, diarise=analyzer.diarise, owned=True)


def _for_asyncio(
    function: Callable[P, Analysis],
) -> Callable[P, Coroutine[Any, Any, Analysis]]:
    """A coroutine function with the same arguments, which opens an analysis in a thread."""

    @wraps(function)
    async def opened(*args: P.args, **kwargs: P.kwargs) -> Analysis:
        made: list[Analysis] = []
        try:
            await to_end(lambda: made.append(function(*args, **kwargs)))
        except asyncio.CancelledError:
            for analysis in made:
                await analysis.astop()
            raise
        return made[0]

    return opened


aanalyze = _for_asyncio(analyze)
"""`analyze` for asyncio: models are loaded, and the source is read and opened, in a thread."""
