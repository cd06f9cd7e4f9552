"""`sentivox analyze`: the sentiment of each utterance in recordings."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.analysing import analyze_all
from sentivox.cli.analysis_options import AnalyzeOptions
from sentivox.cli.options import (
    alerts_option,
    calibration_option,
    model_options,
    no_dash,
    read_alerts,
    read_calibration,
    speaker_options,
)
from sentivox.cli.schema_options import schema_options
from sentivox.cli.spool import STDIN
from sentivox.protocol.option_values import options
from sentivox.protocol.options import AnalysisOptions

if TYPE_CHECKING:
    from sentivox.audio.tracks import TrackRequest
    from sentivox.models.selection import ModelChoice
    from sentivox.store.texts import Texts


def _track(ctx: click.Context, param: click.Parameter, value: str | None) -> "TrackRequest":
    """Parse `--track`: a number from 1, "all", or None if not given."""
    if value is None or value == "all":
        return value
    if value.isdecimal() and value.isascii() and int(value) > 0:
        return int(value)
    raise click.BadParameter(f"{value!r} is not a track: use 1, 2, and so on, or all", ctx, param)


@click.command(
    name="analyze",
    epilog="Examples: sentivox analyze call.wav   |   sentivox analyze calls/ --csv > calls.csv   |"
    "   sentivox analyze calls/ --report report.html"
    "   |   sentivox analyze calls/ --jsonl -o calls.jsonl --resume",
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@model_options
@schema_options(*options(AnalysisOptions))
@calibration_option
@alerts_option
@speaker_options
@click.option("--mixdown", is_flag=True, help="Mix two channels into one instead of two speakers.")
@click.option(
    "--track", callback=_track, metavar="N|all",
    help="Audio track, counted from 1; all takes two tracks for two speakers. By default the"
         " best one that is not silent, and two mono tracks for two speakers.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document per recording.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Every event, one JSON object per line.")
@click.option("--csv", "as_csv", is_flag=True, help="One row per utterance.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write --json, --jsonl or --csv to this file instead of stdout.",
)  # fmt: skip
@click.option(
    "--resume", is_flag=True, help="Continue --output: skip recordings that are complete in it."
)
@click.option(
    "--save-audio", type=click.Path(file_okay=False, path_type=Path), callback=no_dash,
    metavar="DIR",
    help="Also save each utterance as WAV, with its JSON beside it.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), callback=no_dash,
    metavar="FILE.html",
    help="Also write an HTML report; for several recordings, an index and a folder of pages.",
)  # fmt: skip
@click.option(
    "--report-audio", is_flag=True, help="Embed the audio in the report, to play it by clicking."
)
@click.option(
    "--srt", type=click.Path(dir_okay=False, path_type=Path), callback=no_dash, metavar="FILE.srt",
    help="Also write subtitles; for several recordings, a folder of them.",
)  # fmt: skip
@click.option(
    "--vtt", type=click.Path(dir_okay=False, path_type=Path), callback=no_dash, metavar="FILE.vtt",
    help="The same as WebVTT, for browsers.",
)  # fmt: skip
@click.option(
    "--subtitle-sentiment", is_flag=True, help="Show each utterance's sentiment in the subtitles."
)
@click.option(
    "--store",
    metavar="URL",
    help="Also keep the conversations in this database: sqlite:///calls.db or postgresql://…",
)
@click.option(
    "--store-text", type=click.Choice(["full", "redacted", "none"]), default="full",
    help="What to keep of transcripts there.  [default: full]",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors to stderr.")
@click.option("--no-progress", is_flag=True, help="Do not show a progress bar.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    models: "ModelChoice",
    calibration: Path | None,
    alerts: Path | None,
    speakers: bool | None,
    voices: Path | None,
    mixdown: bool,
    track: "TrackRequest",
    as_json: bool,
    as_jsonl: bool,
    as_csv: bool,
    output: Path | None,
    resume: bool,
    save_audio: Path | None,
    report: Path | None,
    report_audio: bool,
    srt: Path | None,
    vtt: Path | None,
    subtitle_sentiment: bool,
    store: str | None,
    store_text: "Texts",
    quiet: bool,
    no_progress: bool,
    **asked: Any,  # noqa: ANN401  (options of the schema)
) -> None:
    """Analyse the sentiment of recordings. A folder means all recordings in it.

    Any format with an audio track will do; - reads a recording from standard input. Two channels
    are two speakers, such as agent and customer.
    """
    from sentivox.cli.output import stderr
    from sentivox.cli.progress import ProgressWatch

    # Subtitles are split at the times of words, and the report highlights words while playing.
    asked["words"] |= srt is not None or vtt is not None or report_audio
    given = AnalyzeOptions(
        models=models,
        asked=asked,
        calibration=read_calibration(calibration),
        alerts=read_alerts(alerts),
        speakers=speakers,
        voices=voices,
        mixdown=mixdown,
        track=track,
        form=_form({"json": as_json, "jsonl": as_jsonl, "csv": as_csv}),
        output=None if output == STDIN else output,
        resume=resume,
        save_audio=save_audio,
        report=report,
        report_audio=report_audio,
        subtitles=(("--srt", srt), ("--vtt", vtt)),
        subtitle_sentiment=subtitle_sentiment,
        store=store,
        store_text=store_text,
    )
    if report_audio and report is None:
        raise click.UsageError("--report-audio needs --report")
    _check_output(given, files)
    _check_subtitles(given)
    if quiet:
        logging.getLogger("sentivox").setLevel(logging.ERROR)
    # Scrolling events and a progress bar would garble each other on one terminal.
    scrolls = given.form == "jsonl" and sys.stdout.isatty()
    with ProgressWatch(stderr(), moving=not (no_progress or scrolls), quiet=quiet) as watch:
        failed = analyze_all(files, given, watch)
    ctx.exit(1 if failed else 0)


def _form(asked: dict[str, bool]) -> str:
    """The output format asked for, "table" by default; a usage error for more than one."""
    forms = [form for form, wanted in asked.items() if wanted]
    if len(forms) > 1:
        first, second, *_ = forms
        raise click.UsageError(f"--{first} and --{second} cannot be combined: choose one")
    return forms[0] if forms else "table"


def _check_subtitles(given: AnalyzeOptions) -> None:
    """Raise a usage error for subtitles that could not be made, or only incompletely."""
    asked = next((option for option, path in given.subtitles if path is not None), None)
    if asked is None:
        if given.subtitle_sentiment:
            raise click.UsageError("--subtitle-sentiment needs --srt or --vtt")
        return
    if "text" not in given.asked["modalities"]:
        raise click.UsageError(f"{asked} needs the words: leave out --modalities, or include text")
    if given.resume:
        raise click.UsageError(
            f"--resume and {asked} cannot be combined: skipped recordings would have no subtitles"
        )


def _is_pipe(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _check_output(given: AnalyzeOptions, files: Sequence[Path]) -> None:
    """Raise a usage error for impossible combinations with `--output` and `--resume`."""
    if given.output is not None and given.form == "table":
        raise click.UsageError("--output needs --json, --jsonl or --csv")
    if list(files).count(STDIN) > 1:
        raise click.UsageError("- is standard input, which holds one recording: name it only once")
    if given.resume and given.output is None:
        raise click.UsageError("--resume needs --output FILE: stdout cannot be read again")
    if given.resume and STDIN in files:
        raise click.UsageError(
            "--resume recognises recordings by their names: it cannot be used with -"
        )
    if given.output is not None and given.resume and _is_pipe(given.output):
        raise click.UsageError(f"--resume needs an --output that is a file, not {given.output}")
    if given.resume and given.report is not None:
        raise click.UsageError(
            "--resume and --report cannot be combined: the report would lack skipped recordings"
        )
