"""`sentivox analyze`: recordings in, sentiment per utterance out."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

import logging
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import (
    BETTER_EARS,
    fusion_options,
    hearing_options,
    read_calibration,
    speaker_options,
    tag_of,
)
from sentivox.errors import AudioError

if TYPE_CHECKING:
    from sentivox.api import Analysis, Analyzer
    from sentivox.cli.formats import Format
    from sentivox.cli.progress import Watch
    from sentivox.fusion.calibration import Calibration
    from sentivox.report.book import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for, apart from the files."""

    profile: str
    language: str | None
    modalities: tuple[str, ...]
    calibration: "Calibration"
    min_confidence: float
    speakers: bool
    voices: Path | None
    mixdown: bool
    save_audio: Path | None
    report: Path | None
    report_audio: bool


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go: stdout, the terminal while work is under way, the report if any."""

    form: "Format"
    watch: "Watch"
    book: "Book | None"


@click.command(
    name="analyze",
    epilog="Examples: sentivox analyze call.wav   |   sentivox analyze calls/ --csv > calls.csv   |"
    "   sentivox analyze calls/ --report calls.html",
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@hearing_options
@fusion_options
@speaker_options
@click.option("--mixdown", is_flag=True, help="Mix two channels into one instead of two speakers.")
@click.option("--json", "form", flag_value="json", help="One JSON document a recording.")
@click.option("--jsonl", "form", flag_value="jsonl", help="Every event, one JSON a line.")
@click.option("--csv", "form", flag_value="csv", help="One row an utterance.")
@click.option(
    "--save-audio", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Also write each utterance as WAV beside its JSON.",
)  # fmt: skip
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.html",
    help="Also write a page to look at; of several recordings, an index of pages.",
)  # fmt: skip
@click.option("--report-audio", is_flag=True, help="Embed the sound in the report, to click at.")
@click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors.")
@click.option("--no-progress", is_flag=True, help="No moving progress bar.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    profile: str,
    language: str,
    modalities: tuple[str, ...],
    calibration: Path | None,
    min_confidence: float,
    speakers: bool,
    voices: Path | None,
    mixdown: bool,
    form: str | None,
    save_audio: Path | None,
    report: Path | None,
    report_audio: bool,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Say how the speakers of recordings feel. Folders stand for all recordings in them.

    Any format with an audio track. Two channels are two speakers, such as agent and customer.
    """
    from sentivox.cli.formats import make_format
    from sentivox.cli.output import stderr
    from sentivox.cli.progress import Watch

    options = Options(
        profile=profile,
        language=tag_of(language),
        modalities=modalities,
        calibration=read_calibration(calibration),
        min_confidence=min_confidence,
        speakers=speakers,
        voices=voices,
        mixdown=mixdown,
        save_audio=save_audio,
        report=report,
        report_audio=report_audio,
    )
    if report_audio and report is None:
        raise click.UsageError("--report-audio needs --report")
    if quiet:
        logging.getLogger("sentivox").setLevel(logging.ERROR)
    # Events scrolling by and a bar that stays do not go together on one screen.
    scrolls = form == "jsonl" and sys.stdout.isatty()
    with Watch(stderr(), moving=not (no_progress or scrolls), quiet=quiet) as watch:
        failed = _analyze_all(files, options, make_format(form or "table"), watch)
    ctx.exit(1 if failed else 0)


def _analyze_all(
    files: Sequence[Path], options: Options, form: "Format", watch: "Watch"
) -> int:  # fmt: skip
    """Analyse one file after the other; returns how many failed."""
    from sentivox.api import Analyzer
    from sentivox.audio.files import AudioFile
    from sentivox.cli.recordings import expand

    paths: list[Path] = []
    failed = 0
    for path in expand(files):
        try:
            AudioFile(path)  # before the models load: most bad files are bad at the door
            paths.append(path)
        except AudioError as error:
            watch.problem(str(error))
            failed += 1
    if not paths:
        return failed
    with (
        _book(options, several=len(paths) > 1) as book,
        Analyzer(
            options.profile,
            language=options.language,
            modalities=options.modalities,
            calibration=options.calibration,
            min_confidence=options.min_confidence,
            speakers=options.speakers,
            voices=options.voices,
            progress=watch.loading,
        ) as analyzer,
    ):
        _say_how_to_hear_better(analyzer, options, watch)
        outputs = Outputs(form, watch, book)
        for count, path in enumerate(paths, 1):
            name = path.name if len(paths) == 1 else f"{count}/{len(paths)} {path.name}"
            try:
                analysis = analyzer.analyze(path, mixdown=options.mixdown)
                _analyze(analysis, name, options, outputs)
            except AudioError as error:
                watch.problem(str(error))
                failed += 1
    return failed


def _book(options: Options, *, several: bool) -> "AbstractContextManager[Book | None]":
    """What writes the report, if one is wanted."""
    from sentivox.report.book import Book

    if options.report is None:
        return nullcontext()
    return Book(options.report, several=several, sound=options.report_audio)


def _analyze(analysis: "Analysis", name: str, options: Options, out: Outputs) -> None:
    """Do the work and hand over what comes of it; Ctrl-C hands over what there is so far."""
    out.watch.begin(name, analysis.duration)
    try:
        _follow(analysis, options, out)
    except KeyboardInterrupt:
        analysis.stop()
        _finish(analysis, name, out)
        raise
    _finish(analysis, name, out)


def _follow(analysis: "Analysis", options: Options, out: Outputs) -> None:
    """Show and keep the events as they come."""
    from sentivox.cli.recordings import UtteranceFiles

    path = analysis.file.path
    keep = None
    if options.save_audio is not None:
        keep = UtteranceFiles(options.save_audio, path.stem, analysis.clip)
    for event in analysis:
        out.form.event(path, event)
        if keep is not None:
            keep.take(event)
        out.watch.event(event, analysis.position)


def _finish(analysis: "Analysis", name: str, out: Outputs) -> None:
    """Hand over the whole, or what there is of it."""
    result, file = analysis.result(), analysis.file
    out.watch.end(name, result.duration)
    if file.note is not None:
        out.watch.note(file.note)
    if analysis.stopped:
        out.watch.note(f"{name} was stopped; this is what was heard until then")
    elif result.truncated:
        out.watch.note(f"{file.path} ends too early or is damaged; what could be read was analysed")
    out.form.result(result)
    if out.book is not None:
        out.book.add(result, file)


def _say_how_to_hear_better(analyzer: "Analyzer", options: Options, watch: "Watch") -> None:
    from sentivox.engine.profiles import PROFILES

    listens = "text" in options.modalities
    if listens and analyzer.engine.profile == "embedded" and "standard" in set[str](PROFILES):
        watch.note(BETTER_EARS)
