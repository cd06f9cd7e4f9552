"""The options of `sentivox analyze`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentivox.audio.tracks import TrackRequest
    from sentivox.conversation.alerts.rules import Rule
    from sentivox.fusion.calibration import Calibration
    from sentivox.models.selection import ModelChoice
    from sentivox.store.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeOptions:
    """The options of `sentivox analyze`, apart from the files.

    Attributes:
        asked: Options of the analysis, by the names of `AnalysisOptions`.
        alerts: Alert rules.
        speakers: Whether to tell speakers apart; None if the option is not given.
        form: Format of the results: "table", "json", "jsonl" or "csv".
        store: Address of the database in which to keep the conversations, if any.
        store_text: What to keep of transcripts there.
        subtitles: Pairs of an option ("--srt", "--vtt") and its path, which is None if not given.
    """

    models: "ModelChoice"
    asked: Mapping[str, Any]
    calibration: "Calibration"
    alerts: "tuple[Rule, ...]"
    speakers: bool | None
    voices: Path | None
    mixdown: bool
    track: "TrackRequest"
    form: str
    output: Path | None
    resume: bool
    save_audio: Path | None
    report: Path | None
    report_audio: bool
    subtitles: tuple[tuple[str, Path | None], ...]
    subtitle_sentiment: bool
    store: str | None
    store_text: "Texts"
