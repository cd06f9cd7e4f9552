"""The command: `python -m training.utterance_tone --data DIR --whisper DIR`."""

import logging
from pathlib import Path

import click
import numpy as np
import torch

from sentivox.tone.trust import TrustSettings
from sentivox.tone.utterance import MAX_PIECE_SAMPLES
from sentivox.types import SENTIMENTS
from training.tone.corpus import HELD_BACK
from training.utterance_tone.corpus import CORPORA, Sounds
from training.utterance_tone.data import Data, prepare
from training.utterance_tone.embed import embed
from training.utterance_tone.export import export, largest_difference
from training.utterance_tone.network import Encoder
from training.utterance_tone.novelty import fit_novelty
from training.utterance_tone.plot import reliability
from training.utterance_tone.report import table
from training.utterance_tone.study import (
    LeftOut,
    Recipe,
    Study,
    Tested,
    corpora_left_out,
    fold_left_out,
    folds_left_out,
    said_of,
)
from training.utterance_tone.trust import (
    as_served,
    cross_fitted,
    fit_trust,
    save_left_out,
    strange,
)
from training.utterance_tone.tune import TuningConfig


@click.command()
@click.option("--data", "folder", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder with tone and noise in it.")  # fmt: skip
@click.option("--whisper", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of a Whisper in CTranslate2's format, not in int8.")  # fmt: skip
@click.option("--layers", default=3, show_default=True, help="Layers of its encoder to use.")
@click.option("--frozen", is_flag=True, help="Train the heads alone.")
@click.option("--corpora", default=",".join(CORPORA), show_default=True,
              help="Corpora to train on; leave out those with an unsuitable licence.")  # fmt: skip
@click.option("--seeds", default=1, show_default=True, help="Networks of each kind.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/utterance-tone"),
              show_default=True, help="Keeps sounds, features and networks.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path),
              default=Path("src/sentivox/models/utterance-tone"),
              show_default=True, help="Folder for model.onnx and model.json.")  # fmt: skip
@click.option("--version", default="0.1.0", show_default=True, help="Version of the weights.")
def main(  # noqa: PLR0917  (click passes them by name)
    folder: Path,
    whisper: Path,
    layers: int,
    corpora: str,
    seeds: int,
    work: Path,
    out: Path,
    version: str,
    *,
    frozen: bool,
) -> None:
    """Train the utterance tone model, and measure it on speakers that it was not trained on.

    Example: python -m training.utterance_tone --data ../shared/data --whisper models/whisper-base
    """
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("training").setLevel(logging.INFO)  # not the exporter's, which is verbose
    torch.set_num_threads(1)
    data = prepare(folder, work / "sounds", corpora.split(","))
    encoder = Encoder.of(whisper, layers)
    tuning = None if frozen else TuningConfig()
    studies = [Study(data, encoder, work, Recipe(tuning=tuning, seed=n)) for n in range(seeds)]
    recorded = data.variants[0]
    left_out = _tested(studies, corpora_left_out(data.clips))
    strangers = {name: strange(data.clips, recorded, seen[0]) for name, seen in left_out.items()}
    others = cross_fitted(strangers)
    text = table(data.clips, _served(recorded, left_out, others))
    if "ravdess" in others:
        folds = _tested(studies, folds_left_out(data.clips))
        settings = dict.fromkeys(folds, others["ravdess"])
        text += "\n\n" + table(data.clips, _served(recorded, folds, settings))
    (work / "report.md").write_text(text + "\n", encoding="utf-8")
    click.echo(text)
    save_left_out(strangers, others, work / "left-out.npz")
    reliability(strangers, others, work / "reliability.png")
    net = studies[0].network(fold_left_out(data.clips, HELD_BACK))
    known = np.arange(0, len(data.clips), 10)
    variants = [embed(net.encoder, sounds, known) for sounds in data.variants]
    novelty, trust = fit_novelty(net.heads, variants), fit_trust(strangers)
    click.echo(f"trust: {trust}")
    some = _comparable(data)
    said = Tested({"clean": some}, {"clean": said_of(net, recorded, some)})
    expected = as_served(recorded, said, trust).log_probs["clean"][:, : len(SENTIMENTS)]
    export(net, novelty, trust, out, version)
    worst = largest_difference(list(expected), out, [recorded[int(row)] for row in some])
    click.echo(f"PyTorch and ONNX in int8 differ by {worst:.3f} at most")


def _tested(studies: list[Study], sets: dict[str, LeftOut]) -> dict[str, list[Tested]]:
    """The results of all seeds, by the name of what was left out."""
    return {name: [study.tested(one) for study in studies] for name, one in sets.items()}


def _served(
    sounds: Sounds, found: dict[str, list[Tested]], settings: dict[str, TrustSettings]
) -> dict[str, list[Tested]]:
    return {
        name: [as_served(sounds, one, settings[name]) for one in seeds]
        for name, seeds in found.items()
    }


def _comparable(data: Data) -> np.ndarray:
    """Every hundredth clip that the served model does not split."""
    whole = np.diff(data.variants[0].starts) <= MAX_PIECE_SAMPLES
    return np.flatnonzero(whole)[::100]


if __name__ == "__main__":
    main()
