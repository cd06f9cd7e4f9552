"""`sentivox calibrate`: fits the fusion to labelled recordings and writes a calibration file."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import destination, hearing_options, selection_options
from sentivox.cli.terminal import echo

if TYPE_CHECKING:
    from sentivox.evaluation.examples import Example
    from sentivox.evaluation.recordings import AnalysedRecordings
    from sentivox.models.selection import ModelChoice

NO_TRANSCRIPTS = (
    "--use-transcripts needs a filled column 'transcript', and text among the modalities"
)


@dataclass(frozen=True, slots=True)
class CalibrationInput:
    """How to analyse the recordings; `transcripts`: use the given transcripts."""

    models: "ModelChoice"
    language: str | None
    modalities: tuple[str, ...]
    transcripts: bool


@click.command(
    name="calibrate",
    epilog="Example: sentivox calibrate --csv clips.csv -o calibration.json   then   "
    "sentivox analyze call.wav --calibration calibration.json",
)
@click.option(
    "--csv", "table", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Table with the columns file and label, preferably speaker, optionally transcript.",
)  # fmt: skip
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of labelled recordings, as sentivox evaluate takes it.",
)  # fmt: skip
@click.option(
    "--store",
    metavar="URL",
    help="Database of conversations in which people corrected labels.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    default="calibration.json", show_default=True, callback=destination,
    help="Where to write the calibration.",
)  # fmt: skip
@selection_options
@hearing_options
@click.option(
    "--use-transcripts", is_flag=True,
    help="Use the table's transcripts instead of recognising the words.",
)  # fmt: skip
@click.option(
    "--force", is_flag=True, help="Write the best fit even if the default is just as good."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    table: Path | None,
    data: Path | None,
    store: str | None,
    output: Path,
    split: str | None,
    limit: int | None,
    models: "ModelChoice",
    language: str | None,
    modalities: tuple[str, ...],
    use_transcripts: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Fit the fusion of words and tone to your labelled recordings.

    Each recording is analysed once, as a server would. Temperatures, weights and a logistic rule
    are fitted, and the best is chosen by cross-validation over speakers, or over recordings if no
    speakers are named. The result is written if it beats the default on left-out data: a lower
    log-loss, beyond chance, and no lower UAR. Otherwise nothing is written and the exit code is 1;
    --force writes the best fit anyway.

    You need at least 10 recordings each of negative, neutral and positive speech (emotions are
    understood too), of at least 3 speakers if they are named; better 150 or more, in the
    proportions of daily use, and none that the models were trained on.
    """
    if sum(source is not None for source in (data, table, store)) != 1:
        raise click.UsageError(
            "name the labelled recordings: either --csv FILE or --data DIR, or --store URL"
        )
    from sentivox.cli.calibrating import print_document, print_outcome
    from sentivox.evaluation.calibration import calibrate
    from sentivox.evaluation.readers import read_examples

    if store is not None:
        heard, names = _stored(store)
    else:
        examples = read_examples(data or table or Path(), split=split, limit=limit)
        listening = CalibrationInput(models, language, modalities, use_transcripts)
        heard, names = _listen(examples, listening)
    outcome = calibrate(heard, names, force=force)
    written = output if outcome.choice.beats_default or force else None
    if written is not None:
        outcome.calibration.save(written)
    (print_document if as_json else print_outcome)(outcome, written)
    ctx.exit(1 if written is None else 0)


def _stored(store: str) -> "tuple[AnalysedRecordings, dict[str, str]]":
    """What people corrected in a store, as the models heard it then, and those models' names."""
    from sentivox.cli.stores import labelled_sessions
    from sentivox.evaluation.corrected import calibration_data, corrected

    found = corrected(labelled_sessions(store))
    return calibration_data(found), found.models


def _listen(
    examples: "Sequence[Example]", listening: CalibrationInput
) -> "tuple[AnalysedRecordings, dict[str, str]]":  # fmt: skip
    """Analyse the recordings, with a progress bar if stderr is a terminal.

    Returns:
        The models' outputs for the recordings, and the names of those models by part.
    """
    from sentivox.api.analyzer import Analyzer
    from sentivox.cli.output import stderr
    from sentivox.cli.progress import counting
    from sentivox.engine.parts import load_text
    from sentivox.engine.scheduler import TEXT_MODEL_LANGUAGE
    from sentivox.evaluation.recordings import analyze_recordings

    modalities, recognises = set(listening.modalities), "text" in listening.modalities
    reader = None
    if listening.transcripts:
        if not recognises or not any(e.transcript for e in examples):
            raise click.UsageError(NO_TRANSCRIPTS)
        recognises = not all(e.transcript for e in examples if e.sentiment)
        language = listening.language or "en"
        reader = load_text(listening.models, TEXT_MODEL_LANGUAGE.get(language, language))
    with (
        Analyzer(
            **asdict(listening.models),
            language=listening.language,
            modalities=modalities if recognises or "audio" not in modalities else {"audio"},
            speakers=False,
        ) as analyzer,
        counting(stderr(), "analysing") as tick,
    ):
        heard = analyze_recordings(examples, analyzer, tick, reader)
        names = analyzer.engine.names()
    if reader is not None:
        names |= {f"text.{tag}": reader.name for tag in reader.languages}
    for problem in heard.problems:
        echo(f"sentivox: left out: {problem}", err=True)
    return heard, _used(names, listening, recognises=recognises)


def _used(
    names: dict[str, str], listening: CalibrationInput, *, recognises: bool
) -> dict[str, str]:
    """Of the names of all models, those used here; of text models, those of the language."""
    modalities, language = listening.modalities, listening.language
    used = {"tone": "audio" in modalities, "text": "text" in modalities, "asr": recognises}
    parts = ((part, *part.split(".")) for part in names)
    return {
        part: names[part]
        for part, kind, *tag in parts
        if used.get(kind) and (not tag or language in {None, *tag})
    }
