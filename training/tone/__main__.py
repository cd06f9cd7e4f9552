"""The command: `python -m training.tone --data DIR`."""

import logging
from collections.abc import Mapping
from pathlib import Path

import click
import torch

from training.tone.augment import Spoiler, add_noise, coloured_noise, telephone
from training.tone.cache import Change, Features, features_of
from training.tone.committee import seats
from training.tone.corpus import read_corpora, to_int16
from training.tone.export import export, largest_difference
from training.tone.lab import SEATS, Lab
from training.tone.report import Group, details, plot_curves, summary
from training.tone.study import TAUGHT, Data, calibration_for, network_of

CONDITIONS: Mapping[str, Change] = {
    "telephone": lambda pcm, _: to_int16(telephone(pcm / 32768)),
    "pink noise 10 dB": lambda pcm, rng: to_int16(
        add_noise(pcm / 32768, coloured_noise(len(pcm), 1.0, rng), 10)
    ),
}
"""Name of a test condition -> the change of the audio; clips are tested unchanged as well."""


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of corpora, each with a labels.csv.")  # fmt: skip
@click.option("--corpora", default="ravdess,tess,nemo", show_default=True,
              help="Corpora to train on; leave out those with an unsuitable licence.")  # fmt: skip
@click.option("--noise", type=click.Path(path_type=Path, exists=True), default=None,
              help="Folder with esc10/audio and rirs, for augmentation.")  # fmt: skip
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/tone"),
              show_default=True, help="Cache of features and checkpoints.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=Path("src/sentivox/models/tone"),
              show_default=True, help="Folder for model.onnx and model.json.")  # fmt: skip
@click.option("--seeds", default=3, show_default=True, help="Runs of each; all are teachers.")
@click.option("--committees", default=2, show_default=True, help="Runs of the final model.")
@click.option("--spoilt", default=2, show_default=True, help="Distorted copies of each clip.")
@click.option("--threads", default=1, show_default=True, help="Threads of PyTorch.")
@click.option("--version", default="0.1.0", show_default=True, help="Version of the weights.")
def main(  # noqa: PLR0917  (click passes them by name)
    data: Path,
    corpora: str,
    noise: Path | None,
    work: Path,
    out: Path,
    seeds: int,
    committees: int,
    spoilt: int,
    threads: int,
    version: str,
) -> None:
    """Train the tone model and measure it on speakers that it was not trained on.

    Example: python -m training.tone --data ../shared/data/tone --noise ../shared/data/noise
    """
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("training").setLevel(logging.INFO)  # not the exporter's, which is verbose
    torch.set_num_threads(threads)
    names = sorted(corpora.split(","), key=lambda name: name != "ravdess")
    if names[0] != "ravdess":
        raise click.UsageError("--corpora must include ravdess: the folds are of its actors")
    loaded = _load(data, names, noise, work / "features", spoilt)
    lab = Lab(loaded, work / "runs", seeds, committees)
    shipping = lab.committee_folds()
    shipped = lab.shipped()
    net = network_of(seats(TAUGHT, SEATS), shipped)
    export(net, calibration_for(shipped, shipping), out, version)
    windows = [lab.data.conditions["clean"][i] for i in range(0, len(lab.data.clips), 100)]
    click.echo(f"PyTorch and ONNX differ by {largest_difference(net, out, windows):.1e} at most")
    taught, untaught = lab.taught_folds(), lab.untaught_folds()
    folds = Group("committee", shipping)
    groups = [
        Group("shipped", [shipped], calibrated_by=shipping),
        folds,
        Group("taught", taught),
        Group("untaught", untaught),
        Group("blueprint", lab.blueprint()),
        *(Group(f"without {corpus}", lab.without(corpus)) for corpus in names),
    ]
    text = summary(groups) + "\n\n" + details(folds)
    (work / "report.md").write_text(text + "\n", encoding="utf-8")
    plot_curves({"with teachers": taught, "labels alone": untaught}, work / "curve.png")
    click.echo(text)


def _load(data: Path, names: list[str], noise: Path | None, cache: Path, spoilt: int) -> Data:
    clips = read_corpora(data, names)
    spoiler = Spoiler.from_folder(noise) if noise else Spoiler()
    clean = features_of(clips, cache, "clean")
    variants = [clean, *(features_of(clips, cache, f"spoilt{i}", spoiler) for i in range(spoilt))]
    # The folds test RAVDESS, whose clips come first: only those are tested under all conditions.
    tested = [c for c in clips if c.corpus == "ravdess"]
    conditions: dict[str, Features] = {"clean": clean}
    for name, change in CONDITIONS.items():
        conditions[name] = features_of(tested, cache, name.replace(" ", "-"), change)
    return Data(clips, variants, conditions)


if __name__ == "__main__":
    main()
