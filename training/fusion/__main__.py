"""The command: `python -m training.fusion --data DIR`."""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from sentivox.evaluation.choose import FittingTrial
from sentivox.fusion.calibration import Calibration
from training.fusion.pairs import (
    SHIPPED,
    Pairs,
    choose,
    figures,
    left_out,
    pair_up,
    read_voices,
    score_texts,
)
from training.fusion.study import DEFAULT, agreeing, compare, derive, on_few, read


@click.command()
@click.option("--few", type=int, multiple=True, metavar="N",
              help="Also fit to only N utterances; repeatable.")  # fmt: skip
@click.option(
    "--voices",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="left-out.npz of training.utterance_tone: also compare on pairs with --texts.",
)
@click.option(
    "--texts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the text sets.",
)
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of scores.csv: outputs of a voice and a text model.")  # fmt: skip
def main(data: Path, few: tuple[int, ...], voices: Path | None, texts: Path | None) -> None:
    """Compare the rules, one speaker left out at a time, and derive the default's sharpness.

    With --voices and --texts, also compare the default with what suits pairs of the shipped
    models' own opinions.
    """
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
    if voices is not None and texts is not None:
        _on_pairs(pair_up(read_voices(voices), score_texts(texts), seed=0))


def _on_pairs(pairs: Sequence[Pairs]) -> None:
    """Print the figures of the default, and of what suits the other pairs."""
    print("\n| on pairs | voice | words | fused | gain on the better | least | ECE | log-loss |"
          "\n|---|---|---|---|---|---|---|---|")  # fmt: skip
    shipped = [figures(one, SHIPPED) for one in pairs]
    for name, rows in (("default", shipped), ("refitted on the others", left_out(pairs))):
        gains = [one.fused - max(one.voice, one.words) for one in rows]
        voice, words, fused, ece, loss = np.mean([one[2:] for one in rows], axis=0)
        print(f"| {name} | {voice:.3f} | {words:.3f} | {fused:.3f} | {np.mean(gains):+.3f} |"
              f" {min(gains):+.3f} | {ece:.3f} | {loss:.3f} |")  # fmt: skip
    print("\n| corpus of voices | voice | words | fused | gain | least | ECE |"
          "\n|---|---|---|---|---|---|---|")  # fmt: skip
    for corpus in dict.fromkeys(one.corpus for one in shipped):
        rows = [one for one in shipped if one.corpus == corpus]
        gains = [one.fused - max(one.voice, one.words) for one in rows]
        voice, words, fused, ece, _ = np.mean([one[2:] for one in rows], axis=0)
        print(f"| {corpus} | {voice:.3f} | {words:.3f} | {fused:.3f} | {np.mean(gains):+.3f} |"
              f" {min(gains):+.3f} | {ece:.3f} |")  # fmt: skip
    print(f"\nsuits all pairs best: {choose(pairs)} (shipped: {SHIPPED})")


def row(name: str, trial: FittingTrial) -> str:
    """Format a table row: figures over all utterances ± standard deviation over the speakers."""
    uar, loss = (
        f"{trial.figures[f]:.3f} ± {trial.spread(f):.3f}" for f in ("uar", "log_loss")
    )  # fmt: skip
    return f"| {name} | {uar} | {trial.figures['ece']:.3f} | {loss} |"


if __name__ == "__main__":
    main()
