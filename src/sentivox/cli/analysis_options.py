"""What `sentivox analyze` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentivox.audio.tracks import Wanted
    from sentivox.fusion.calibration import Calibration
    from sentivox.models.selection import ModelChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeOptions:
    """What was asked for, apart from the files.

    `asked` holds the options of the analysis, by the names of `AnalysisOptions`.
    """

    models: "ModelChoice"
    asked: Mapping[str, Any]
    calibration: "Calibration"
    speakers: bool
    voices: Path | None
    mixdown: bool
    track: "Wanted"
    form: str
    output: Path | None
    resume: bool
    save_audio: Path | None
    report: Path | None
    report_audio: bool
    subtitles: tuple[tuple[str, Path | None], ...]
    subtitle_sentiment: bool
