"""What `sentivox analyze` was asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentivox.audio.tracks import Wanted
    from sentivox.fusion.calibration import Calibration
    from sentivox.models.selection import ModelChoice
    from sentivox.protocol.options import ChineseScript


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for, apart from the files."""

    models: "ModelChoice"
    language: str | None
    modalities: tuple[str, ...]
    calibration: "Calibration"
    min_confidence: float
    baseline: bool
    chinese_script: "ChineseScript"
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
    words: bool
    subtitles: tuple[tuple[str, Path | None], ...]
    subtitle_sentiment: bool
