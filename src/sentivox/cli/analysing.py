"""What `sentivox analyze` does with the recordings, one after the other."""

# ruff: noqa: PLC0415  (imported where needed: most bad files are told of before anything loads)

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentivox.cli.options import BETTER_EARS
from sentivox.errors import AudioError

if TYPE_CHECKING:
    from sentivox.api import Analysis, Analyzer
    from sentivox.audio.tracks import Wanted
    from sentivox.cli.formats import Format
    from sentivox.cli.progress import Watch
    from sentivox.cli.results_file import ResultsFile, Span
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
    baseline: bool
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


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go: stdout or a file, the terminal while work is under way, the report if any.

    A file gets whole recordings only, so that `--resume` knows what it has.
    """

    form: "Format"
    whole_only: bool
    watch: "Watch"
    book: "Book | None"


def analyze_all(files: Sequence[Path], options: Options, watch: "Watch") -> int:
    """Analyse one file after the other; returns how many failed or lack words."""
    from sentivox.cli.formats import make_format, to_stdout
    from sentivox.cli.recordings import expand

    paths = list(expand(files))
    kept: Sequence[Span] = ()
    if options.resume:
        paths, kept = _left(paths, options, watch)
    sound = _readable(paths, options.track, watch)
    failed = len(paths) - len(sound)
    if not sound:
        return failed
    with _output(options, kept) as file:
        write = to_stdout if file is None else file.append
        form = make_format(options.form, write, headed=bool(kept))
        return failed + _analyze_each(sound, options, watch, form)


def _left(
    paths: Sequence[Path], options: Options, watch: "Watch"
) -> "tuple[list[Path], Sequence[Span]]":
    """The recordings that the output lacks, and the pieces of it that stay."""
    from sentivox.cli.whole import whole

    if options.output is None:
        raise AssertionError("the command sees to it")
    done = whole(options.output, options.form)
    left = [path for path in paths if str(path) not in done.recordings]
    watch.note(f"{len(paths) - len(left)} of {len(paths)} recordings are in {options.output}")
    return left, done.pieces


def _readable(paths: Sequence[Path], track: "Wanted", watch: "Watch") -> list[Path]:
    """Those that hold audio: most bad files are bad at the door, before the models load."""
    from sentivox.audio.files import AudioFile

    sound: list[Path] = []
    for path in paths:
        try:
            AudioFile(path, track=track)
            sound.append(path)
        except AudioError as error:
            watch.problem(str(error))
    return sound


def _output(
    options: Options, kept: "Sequence[Span]"
) -> "AbstractContextManager[ResultsFile | None]":
    """The file for the results, if one is wanted; these pieces of it stay."""
    from sentivox.cli.results_file import ResultsFile

    return nullcontext() if options.output is None else ResultsFile(options.output, kept)


def _analyze_each(
    paths: Sequence[Path], options: Options, watch: "Watch", form: "Format"
) -> int:  # fmt: skip
    """Load the models and listen; returns how many recordings failed or lack words."""
    from sentivox.api import Analyzer
    from sentivox.cli.lost_words import LostWords

    failed, lost = 0, LostWords()
    with (
        _book(options, several=len(paths) > 1) as book,
        Analyzer(
            options.profile,
            language=options.language,
            modalities=options.modalities,
            calibration=options.calibration,
            min_confidence=options.min_confidence,
            baseline=options.baseline,
            speakers=options.speakers,
            voices=options.voices,
            progress=watch.loading,
        ) as analyzer,
    ):
        _say_how_to_hear_better(analyzer, options, watch)
        outputs = Outputs(form, options.output is not None, watch, book)
        for count, path in enumerate(paths, 1):
            name = path.name if len(paths) == 1 else f"{count}/{len(paths)} {path.name}"
            try:
                analysis = analyzer.analyze(path, mixdown=options.mixdown, track=options.track)
                missing = _analyze(analysis, name, options, outputs)
                lost.note(missing, broken=analyzer.engine.broken is not None)
            except AudioError as error:
                watch.problem(str(error))
                failed += 1
            if lost.hopeless and count < len(paths):
                watch.problem(
                    f"{analyzer.engine.broken}; {len(paths) - count} recordings are left undone:"
                    " `sentivox doctor` may say what is wrong"
                )
                break
    if lost.utterances:
        watch.problem(lost.line(resumable=options.output is not None))
    if options.report is not None and options.report.exists():
        watch.note(f"{options.report} is written: open it in a browser")
    return failed + lost.recordings


def _book(options: Options, *, several: bool) -> "AbstractContextManager[Book | None]":
    """What writes the report, if one is wanted."""
    from sentivox.report.book import Book

    if options.report is None:
        return nullcontext()
    return Book(options.report, several=several, sound=options.report_audio)


def _analyze(analysis: "Analysis", name: str, options: Options, out: Outputs) -> int:
    """Do the work and hand over what comes of it; Ctrl-C hands over what there is so far.

    Returns how many utterances lost their words.
    """
    out.watch.begin(name, analysis.duration)
    try:
        _follow(analysis, options, out)
    except KeyboardInterrupt:
        analysis.stop()
        _finish(analysis, name, out)
        raise
    return _finish(analysis, name, out)


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


def _finish(analysis: "Analysis", name: str, out: Outputs) -> int:
    """Hand over the whole, or what there is of it; returns how many lost their words."""
    result, file = analysis.result(), analysis.file
    out.watch.end(name, result.duration)
    for note in file.notes:
        out.watch.note(note)
    if analysis.stopped:
        out.watch.note(f"{name} was stopped; this is what was heard until then")
    elif result.truncated:
        out.watch.note(f"{file.path} ends too early or is damaged; what could be read was analysed")
    if not (analysis.stopped and out.whole_only):
        out.form.result(result)
    if out.book is not None:
        out.book.add(result, file)
    return result.words_missing


def _say_how_to_hear_better(analyzer: "Analyzer", options: Options, watch: "Watch") -> None:
    from sentivox.engine.profiles import PROFILES

    listens = "text" in options.modalities
    if listens and analyzer.engine.profile == "embedded" and "standard" in set[str](PROFILES):
        watch.note(BETTER_EARS)
