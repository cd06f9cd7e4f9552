"""The command: `python -m training.tone --data DIR --whisper DIR`."""

import logging
from pathlib import Path

import click
import numpy as np
import torch

from training.tone.corpus import HELD_BACK
from training.tone.export import export, largest_difference
from training.tone.network import Committee
from training.tone.study import Recipe, Study, calibrate, examined, scores_of
from training.tone.unlabelled import with_unlabelled
from training.tone.windows import features_of
from training.utterance_tone import study as of_utterances
from training.utterance_tone.corpus import CORPORA
from training.utterance_tone.data import prepare
from training.utterance_tone.network import Encoder
from training.utterance_tone.report import table
from training.utterance_tone.study import Tested, corpora_left_out, fold_left_out


@click.command()
@click.option("--data", "folder", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder with tone, noise, and speech without labels.")  # fmt: skip
@click.option("--whisper", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder of a Whisper in CTranslate2's format, not in int8.")  # fmt: skip
@click.option("--layers", default=3, show_default=True, help="Layers of its encoder in teachers.")
@click.option("--corpora", default=",".join(CORPORA), show_default=True,
              help="Corpora to train on; leave out those with an unsuitable licence.")  # fmt: skip
@click.option("--teachers", type=click.Path(path_type=Path), default=Path("runs/utterance-tone"),
              show_default=True, help="Work folder of training.utterance_tone.")  # fmt: skip
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/tone"),
              show_default=True, help="Keeps sounds, features and students.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=Path("src/sentivox/models/tone"),
              show_default=True, help="Folder for model.onnx and model.json.")  # fmt: skip
@click.option("--version", default="0.1.0", show_default=True, help="Version of the weights.")
def main(  # noqa: PLR0917  (click passes them by name)
    folder: Path,
    whisper: Path,
    layers: int,
    corpora: str,
    teachers: Path,
    work: Path,
    out: Path,
    version: str,
) -> None:
    """Distil the live tone model from the utterance tone model, and measure it on strangers.

    Example: python -m training.tone --data ../shared/data --whisper models/whisper-base
    """
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("training").setLevel(logging.INFO)  # not the exporter's, which is verbose
    torch.set_num_threads(1)
    labelled = prepare(folder, teachers / "sounds", corpora.split(","))
    encoder = Encoder.of(whisper, layers)
    taught_by = of_utterances.Study(labelled, encoder, teachers, of_utterances.Recipe())
    data = with_unlabelled(labelled, folder, work / "sounds")
    variants = [
        features_of(sounds, work / "features" / f"variant{number}.npz")
        for number, sounds in enumerate(data.variants)
    ]
    study = Study(data, variants, taught_by, work / "students", Recipe())
    sets = corpora_left_out(data.clips)
    students = {name: study.students(one) for name, one in sets.items()}
    rows = {name: np.flatnonzero(one.clips) for name, one in sets.items()}
    clips = {name: [data.clips[int(row)] for row in some] for name, some in rows.items()}
    recorded = data.variants[0]
    said = {name: scores_of(nets, recorded, rows[name]) for name, nets in students.items()}
    found: dict[str, list[Tested]] = {}
    for name, nets in students.items():
        others = {other: scores for other, scores in said.items() if other != name}
        found[name] = [examined(nets, data, sets[name], calibrate(others, clips))]
    calibration = calibrate(said, clips)
    held_back = fold_left_out(data.clips, HELD_BACK)
    nets = study.students(held_back)
    known = {"actors held back": [examined(nets, data, held_back, calibration)]}
    text = f"{table(data.clips, found)}\n\n{table(data.clips, known)}"
    (work / "report.md").write_text(text + "\n", encoding="utf-8")
    click.echo(f"{text}\n{calibration}")
    net = Committee(nets)
    export(net, calibration, out, version)
    windows = [variants[0][i][:300] for i in range(0, len(data.clips), 100)]
    click.echo(f"PyTorch and ONNX differ by {largest_difference(net, out, windows):.1e} at most")


if __name__ == "__main__":
    main()
