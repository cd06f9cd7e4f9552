"""The command: `python -m training.fusion --data DIR`."""

from pathlib import Path

import click

from sentivox.fusion.calibration import Calibration
from sentivox.fusion.choose import Trial
from training.fusion.study import compare, derive, read


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of scores.csv: posteriors of a voice and a text model.")  # fmt: skip
def main(data: Path) -> None:
    """Compare the rules, one speaker left out at a time, and derive the default's sharpness."""
    labelled = read(data)
    print("| rule | UAR | ± | ECE | log-loss | ± |\n|---|---|---|---|---|---|")
    for name, trial in compare(labelled).items():
        print(row(name, trial))
    derived, shipped = derive(labelled).sharpness, Calibration().sharpness
    print(f"\nsharpness from all speakers: {derived} (shipped: {shipped})")


def row(name: str, trial: Trial) -> str:
    """Figures over all utterances, and their standard deviation over the speakers."""
    uar, loss = (
        f"{trial.figures[f]:.3f} | {trial.spread(f):.3f}" for f in ("uar", "log_loss")
    )  # fmt: skip
    return f"| {name} | {uar} | {trial.figures['ece']:.3f} | {loss} |"


if __name__ == "__main__":
    main()
