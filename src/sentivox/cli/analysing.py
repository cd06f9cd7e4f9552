"""The work of `sentivox analyze`: analyses recordings one by one and writes all outputs."""

# ruff: noqa: PLC0415  (imported where needed, so that most bad files are reported at once)

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sentivox.cli.analysis_options import AnalyzeOptions
from sentivox.cli.options import BETTER_RECOGNISER_HINT, falls_back_to_pocketsphinx
from sentivox.cli.stores import recording_store
from sentivox.errors import AudioError, ProtocolError
from sentivox.wording.channels import require_one_each
from sentivox.wording.paths import path_text

if TYPE_CHECKING:
    from sentivox.api.analysis import Analysis
    from sentivox.api.analyzer import Analyzer
    from sentivox.cli.closing import Outcome
    from sentivox.cli.formats import Format
    from sentivox.cli.lost_words import LostWords
    from sentivox.cli.progress import ProgressWatch
    from sentivox.cli.results_file import ByteRange, ResultsFile
    from sentivox.cli.spool import Spool, SpooledRecording
    from sentivox.cli.subtitle_files import SubtitleFiles
    from sentivox.report.book import ReportWriter
    from sentivox.sinks.sink import Sink
    from sentivox.store.recordings import RecordingStore


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go.

    Attributes:
        form: Writes results and events to stdout or a file.
        whole_only: Write complete recordings only, so that `--resume` can rely on the file.
        watch: Shows progress and problems on stderr.
        book: Writes the HTML report; None for no report.
        subtitles: Write subtitle files, one for each format.
        store: Keeps the conversations; None without `--store`.
        outcomes: What the end of the run tells of each recording; grows as they are analysed.
    """

    form: "Format"
    whole_only: bool
    watch: "ProgressWatch"
    book: "ReportWriter | None"
    subtitles: "Sequence[SubtitleFiles]"
    store: "RecordingStore | None"
    outcomes: "list[Outcome]"


@dataclass(frozen=True, slots=True)
class RecordingJob:
    """A recording under analysis, and the name under which the terminal shows it."""

    source: "SpooledRecording"
    analysis: "Analysis"
    name: str


def analyze_all(files: Sequence[Path], options: AnalyzeOptions, watch: "ProgressWatch") -> int:
    """Analyse the files one by one; returns how many failed or lost transcripts.

    Args:
        files: Recordings, and folders of recordings.
        options: What the command line asked for.
        watch: Shows progress and problems.

    Raises:
        SentivoxError: An output cannot be written, or the models cannot be used.
    """
    from sentivox.cli.destinations import require_folder, require_no_recording
    from sentivox.cli.formats import make_format
    from sentivox.cli.recordings import expand
    from sentivox.cli.spool import spool
    from sentivox.cli.subtitle_files import subtitle_files
    from sentivox.cli.terminal import write as write_out

    paths = list(expand(files))
    named = (("--output", options.output), ("--report", options.report), *options.subtitles)
    require_no_recording(named, paths)
    if options.save_audio is not None:
        require_folder(options.save_audio, "--save-audio")
    with _output(options) as file, spool() as spooled:
        kept: Sequence[ByteRange] = ()
        if options.resume:
            paths, kept = _left(paths, options, watch)
        sound = _readable(paths, options, spooled, watch)
        failed = len(paths) - len(sound)
        if not sound:
            return failed
        several = len(sound) > 1
        titles = subtitle_files(
            options.subtitles, several=several, sentiment=options.subtitle_sentiment
        )
        with (
            recording_store(options.store, options.store_text) as store,
            _book(options, several=several) as book,
            _analyzer(options, watch) as analyzer,
        ):
            # All checks have passed, so an existing output may be overwritten.
            if file is not None:
                file.begin(kept)
            write = write_out if file is None else file.append
            form = make_format(options.form, write, headed=bool(kept))
            outputs = Outputs(form, options.output is not None, watch, book, titles, store, [])
            left_out, lost = _analyze_each(analyzer, sound, options, outputs)
            failed += left_out
            _close(options, outputs, failed)
            if lost.utterances:
                watch.problem(lost.line(resumable=options.output is not None))
            failed += lost.recordings
    if options.report is not None and options.report.exists():
        watch.note(f"{options.report} is written: open it in a browser")
    return failed


def _close(options: AnalyzeOptions, out: Outputs, left_out: int) -> None:
    """Say what came out of it: a table over several recordings and, unless quiet, a sentence."""
    from sentivox.cli.closing import sentence

    if not out.outcomes:
        return
    said = None if out.watch.quiet else sentence(out.outcomes, left_out)
    out.form.close(out.outcomes, said)
    if said is not None and options.form != "table":
        out.watch.note(said)


def _left(
    paths: Sequence[Path], options: AnalyzeOptions, watch: "ProgressWatch"
) -> "tuple[list[Path], Sequence[ByteRange]]":
    """The recordings that `--output` lacks, and the spans of the file to keep."""
    from sentivox.cli.resume import whole

    if options.output is None:
        raise AssertionError("the command checks that --resume comes with --output")
    done = whole(options.output, options.form)
    left = [path for path in paths if path_text(path) not in done.recordings]
    watch.note(f"{len(paths) - len(left)} of {len(paths)} recordings are in {options.output}")
    return left, done.pieces


def _readable(
    paths: Sequence[Path], options: AnalyzeOptions, spooled: "Spool", watch: "ProgressWatch"
) -> "list[SpooledRecording]":
    """The recordings that hold audio and as many channels as were named.

    The others are reported before the models load.
    """
    from sentivox.audio.files import AudioFile

    sound: list[SpooledRecording] = []
    for path in paths:
        source = None
        try:
            source = spooled.take(path)
            file = AudioFile(source.path, mixdown=options.mixdown, track=options.track)
            asked = options.asked
            require_one_each(file.channels, asked["channel_names"], asked["roles"])
            sound.append(source)
        except AudioError as error:
            watch.problem(str(error) if source is None else source.told(str(error)))
        except ProtocolError as error:
            watch.problem(f"{path_text(path)}: {error}")
    return sound


def _output(options: AnalyzeOptions) -> "AbstractContextManager[ResultsFile | None]":
    """The file of `--output`, opened; None without the option."""
    from sentivox.cli.results_file import ResultsFile

    return nullcontext() if options.output is None else ResultsFile(options.output)


def _analyzer(options: AnalyzeOptions, watch: "ProgressWatch") -> "Analyzer":
    """Load the models, and print notes on their limitations.

    Raises:
        SentivoxError: A model is missing, or the models do not support an option.
    """
    from sentivox.api.analyzer import Analyzer

    analyzer = Analyzer(
        **asdict(options.models),
        **options.asked,
        calibration=options.calibration,
        alerts=options.alerts,
        speakers=options.speakers,
        voices=options.voices,
        progress=watch.loading,
    )
    if falls_back_to_pocketsphinx(options.models, analyzer.engine):
        watch.note(BETTER_RECOGNISER_HINT)
    if (
        options.asked["words"]
        and "text" in options.asked["modalities"]
        and not analyzer.engine.tells_times
    ):
        watch.note("this recogniser does not report the times of words")
    return analyzer


def _analyze_each(
    analyzer: "Analyzer",
    sources: "Sequence[SpooledRecording]",
    options: AnalyzeOptions,
    out: Outputs,
) -> "tuple[int, LostWords]":
    """Analyse the recordings one by one; returns how many failed, and which lost transcripts."""
    from sentivox.cli.lost_words import LostWords

    failed, lost, several = 0, LostWords(), len(sources) > 1
    for count, source in enumerate(sources, 1):
        name = f"{count}/{len(sources)} " * several + source.given.name
        try:
            analysis = analyzer.analyze(source.path, mixdown=options.mixdown, track=options.track)
            missing = _analyze(RecordingJob(source, analysis, name), options, out)
            lost.note(missing, broken=analyzer.engine.broken is not None)
        except AudioError as error:
            out.watch.problem(source.told(str(error)))
            failed += 1
        if lost.hopeless and count < len(sources):
            out.watch.problem(
                f"{analyzer.engine.broken}; {len(sources) - count} recordings were not analysed:"
                f" `sentivox doctor` may show what is wrong"
            )
            failed += len(sources) - count
            break
    return failed, lost


def _book(
    options: AnalyzeOptions, *, several: bool
) -> "AbstractContextManager[ReportWriter | None]":
    """The writer of the HTML report; None without `--report`."""
    from sentivox.report.book import ReportWriter

    if options.report is None:
        return nullcontext()
    return ReportWriter(options.report, several=several, sound=options.report_audio)


def _analyze(job: RecordingJob, options: AnalyzeOptions, out: Outputs) -> int:
    """Analyse a recording and write its results; after Ctrl-C, write those so far.

    Returns how many utterances lost their transcripts.
    """
    out.watch.begin(job.name, job.analysis.duration)
    try:
        _follow(job, options, out)
    except KeyboardInterrupt:
        job.analysis.stop()
        _finish(job, out)
        raise
    return _finish(job, out)


def _follow(job: RecordingJob, options: AnalyzeOptions, out: Outputs) -> None:
    """Run the analysis, and pass each event to the output, the sinks and the progress display."""
    from sentivox.cli.recordings import UtteranceFiles
    from sentivox.sinks.utterance_audio import UtteranceAudio

    sinks: list[Sink] = []
    if options.save_audio is not None:
        files = UtteranceFiles(options.save_audio, job.source)
        sinks.append(UtteranceAudio(job.analysis.clip, files.save))
    if out.store is not None:
        sinks.append(out.store.sink(path_text(job.source.given)))
    for event in job.analysis:
        out.form.event(job.source.given, event)
        for sink in sinks:
            sink.take(event)
        out.watch.event(event, job.analysis.position)


def _finish(job: RecordingJob, out: Outputs) -> int:
    """Write the result, which may be partial; returns how many utterances lack transcripts."""
    from sentivox.cli.closing import Outcome

    analysis, given = job.analysis, job.source.given
    result, file = analysis.result(), analysis.file
    notes = [job.source.told(note) for note in result.notes]
    result = replace(result, file=str(given), notes=notes)
    out.watch.end(job.name, result.duration)
    for note in notes:
        out.watch.note(note)
    if analysis.stopped:
        out.watch.note(f"{job.name} was stopped; these are the results so far")
    elif result.truncated:
        out.watch.note(f"{given} ends too early or is damaged; what could be read was analysed")
    if not (analysis.stopped and out.whole_only):
        out.form.result(result)
    out.outcomes.append(Outcome.of(result))
    if out.book is not None:
        out.book.add(result, file)
    for titles in out.subtitles:
        titles.add(result)
    if out.store is not None and not analysis.stopped:
        out.store.save()
    return result.words_missing
