"""The command: `python -m training.fusion --data DIR`."""

from pathlib import Path

import click

from sentivox.evaluation.choose import FittingTrial
from sentivox.fusion.calibration import Calibration
from training.fusion.study import DEFAULT, agreeing, compare, derive, on_few, read


@click.command()
@click.option("--few", type=int, multiple=True, metavar="N",
              help="Also fit to only N utterances; repeatable.")  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of scores.csv: outputs of a voice and a text model.")  # fmt: skip
def main(data: Path, few: tuple[int, ...]) -> None:
    """Compare the rules, one speaker left out at a time, and derive the default's sharpness."""
    labelled = read(data)
    print("| rule | UAR | ECE | log-loss |\n|---|---|---|---|")
    trials = compare(labelled)
    for name, trial in trials.items():
        print(row(name, trial))
    right = trials[DEFAULT].log_probs.argmax(axis=1) == labelled.labels
    agree = agreeing(labelled)
    print(f"\nboth agree on {agree.mean():.0%}: {right[agree].mean():.0%} right,"
          f" {right[~agree].mean():.0%} where they differ")  # fmt: skip
    for size in few:
        for name, (uar, loss) in on_few(labelled, size).items():
            print(f"fitted to {size}: {name:14} UAR {uar:.3f}  log-loss {loss:.3f}")
    derived, shipped = derive(labelled).sharpness, Calibration().sharpness
    print(f"\nsharpness from all speakers: {derived} (shipped: {shipped})")


def row(name: str, trial: FittingTrial) -> str:
    """Format a table row: figures over all utterances ± standard deviation over the speakers."""
    uar, loss = (
        f"{trial.figures[f]:.3f} ± {trial.spread(f):.3f}" for f in ("uar", "log_loss")
    )  # fmt: skip
    return f"| {name} | {uar} | {trial.figures['ece']:.3f} | {loss} |"


if __name__ == "__main__":
    main()
