"""`sentivox calibrate`: labelled recordings in, a calibration of the fusion out."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import hearing_options, tag_of

if TYPE_CHECKING:
    from sentivox.evaluation.calibration import Outcome
    from sentivox.evaluation.hearing import Heard
    from sentivox.evaluation.work import Request


@click.command(
    name="calibrate",
    epilog="Example: sentivox calibrate --csv clips.csv -o calibration.json   then   "
    "sentivox analyze call.wav --calibration calibration.json",
)
@click.option(
    "--csv", "table", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Table with columns file, label; better also speaker; transcript if you like.",
)  # fmt: skip
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of labelled recordings, as sentivox evaluate takes it.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    default="calibration.json", show_default=True, help="Where to write the calibration.",
)  # fmt: skip
@click.option("--split", metavar="NAME", help="Only this split of the data.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N",
    help="At most N recordings, taken evenly through the data.",
)  # fmt: skip
@hearing_options
@click.option(
    "--use-transcripts", is_flag=True,
    help="Score the table's transcripts, as heard without a mistake, instead of recognising.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write the best fit though it beats nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    table: Path | None,
    data: Path | None,
    output: Path,
    split: str | None,
    limit: int | None,
    profile: str,
    language: str,
    modalities: tuple[str, ...],
    use_transcripts: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Fit how words and tone become one opinion to your labelled recordings.

    Each recording is heard once, as it is served. Temperatures, weights and a logistic rule are
    fitted, and the best of them is chosen by cross-validation: whole speakers are left out, or
    recordings where no speakers are named. It is written if it beats the default on what was left
    out: a lower log-loss beyond chance, and no UAR lost. Otherwise nothing is written, and the
    exit code is 1; --force writes the best fit all the same.

    Needs at least 10 recordings of each of negative, neutral, positive (emotions are understood
    too), of at least 3 speakers where they are named; 150 and more are worth the while.
    """
    if (data is None) == (table is None):
        raise click.UsageError("name the labelled recordings: either --csv FILE or --data DIR")
    if not output.parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent}", param_hint="-o")
    from sentivox.cli.calibrating import print_document, print_outcome
    from sentivox.evaluation.calibration import calibrate
    from sentivox.evaluation.readers import read_examples

    examples = read_examples(data or table or Path(), split=split, limit=limit)
    listening = Listening(profile, tag_of(language), modalities, use_transcripts)
    heard, models = _listen(examples, listening)
    outcome = calibrate(heard, models, force=force)
    written = output if outcome.choice.beats_default or force else None
    if written is not None:
        outcome.calibration.save(written)
    (print_document if as_json else print_outcome)(outcome, written)
    ctx.exit(1 if written is None else 0)


def _listen(
    examples: "Sequence[Example]", listening: Listening
) -> "tuple[Heard, dict[str, str]]":
    """Hear the recordings, with a bar on stderr where that is a terminal; name what is left out.

    Returns:
        What was heard, and the names of the models whose opinions it holds.
    """
    from sentivox.api import Analyzer
    from sentivox.cli.output import bar, stderr
    from sentivox.evaluation.hearing import listen

    modalities = set(listening.modalities)
    if listening.transcripts:
        if "text" not in modalities or not all(e.transcript for e in examples if e.sentiment):
            raise click.UsageError(NO_TRANSCRIPTS)
        modalities = {"audio"} & modalities or modalities
    with Analyzer(
        listening.profile, language=listening.language, modalities=modalities
    ) as analyzer, bar("hearing") as tick:
        heard = listen(examples, analyzer, tick, transcripts=listening.transcripts)
        models = analyzer.engine.names()
    for problem in heard.problems:
        click.echo(f"sentivox: left out: {problem}", err=True)
