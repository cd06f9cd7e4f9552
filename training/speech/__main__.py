"""The command: `python -m training.speech --data DIR`."""

import hashlib
from functools import partial
from pathlib import Path

import click
import torch

from sentivox.tone.features import FEATURES
from sentivox.tone.speech import BUNDLED_SPEECH, SpeechCard, SpeechModel, speech_features
from training.speech.fit import Committee, Plan, committee
from training.speech.sounds import Sound, esc10, sounds
from training.speech.study import classes, folds, judge
from training.speech.tested import alarms, cut, single_words, spoken
from training.tone.export import graph, write


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder with calls, vad, tone, noise and asr.")  # fmt: skip
@click.option("--work", type=click.Path(path_type=Path), default=Path("runs/speech"),
              show_default=True, help="Cache of features, and the report.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=BUNDLED_SPEECH,
              show_default="the package's own", help="Folder for the weights.")  # fmt: skip
@click.option("--seeds", default=2, show_default=True, help="Networks in the ensemble.")
@click.option("--threads", default=1, show_default=True, help="Threads of PyTorch.")
@click.option("--version", default="0.2.0", show_default=True, help="Version of the weights.")
def main(data: Path, work: Path, out: Path, seeds: int, threads: int, version: str) -> None:  # noqa: PLR0917  (click passes them by name)
    """Train the speech model, and measure it on noises that it was not trained on.

    Example: python -m training.speech --data ../shared/data
    """
    torch.set_num_threads(threads)
    known = sounds(data, work)
    net = committee(known, range(seeds), Plan())
    weights = graph(net, "probability")
    digest = hashlib.sha256(weights).hexdigest()
    card = SpeechCard(name="sentivox-speech", version=version, features=FEATURES, sha256=digest)
    write(out, weights, card)
    click.echo(f"PyTorch and ONNX differ by {_difference(net, out, data):.1e} at most")
    noises = [Sound(kind, fold, speech_features(audio)) for kind, fold, audio in alarms(data)]
    utterances = list(spoken(data))
    all_said = (*utterances, *cut(utterances), *single_words(data))
    said = [Sound(name, 0, speech_features(audio)) for name, audio in all_said]
    one = partial(committee, seeds=range(1), plan=Plan())  # two would take twice as long
    text = f"{folds(one, known, noises, said)}\n\n{classes(one, known, noises)}\n"
    (work / "report.md").write_text(text, encoding="utf-8")
    click.echo(text)


def _difference(net: Committee, out: Path, data: Path) -> float:
    """Return the largest difference in probability between PyTorch and ONNX, over noises."""
    kept = list(esc10(data))[::10]
    served = SpeechModel.load(out).classify([noise for _, _, noise in kept])
    trained = judge(net, [Sound(kind, fold, speech_features(noise)) for kind, fold, noise in kept])
    return max(abs(s.probability - p) for s, p in zip(served, trained.tolist(), strict=True))


if __name__ == "__main__":
    main()
