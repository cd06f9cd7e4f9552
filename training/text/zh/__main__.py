"""Train the embedded Chinese text model: fit, choose the neutral bias, export, measure.

Example:
    python -m training.text.zh --data ../shared/data/text
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.text.batches import open_tokenizer
from training.text.corpora import Row
from training.text.export import Label
from training.text.finish import Release, finish
from training.text.log import Say, logger
from training.text.zh.corpora import FITS, RECIPES, bare, build, split_rows
from training.text.zh.evaluate import BENCHMARKS, DEVELOPMENT, macro_f1, report
from training.text.zh.graph import write_onnx
from training.text.zh.linear import NEUTRAL, Linear, fit, probabilities
from training.text.zh.network import Network, learn, scores_of
from training.text.zh.vocabulary import vocabulary, write_tokenizer

MAX_TOKENS = 256
"""Longest input, in tokens: a minute of speech."""

# Speech, with three classes: one set that is trained on, and one that is not, because what is
# served is of neither. The same number of rows of each.
CALIBRATION = (("msctd_zh", "dev"), ("cped_zh", "dev"))
_ROWS_EACH = 5000
_OFFSETS = np.linspace(-1.0, 1.0, 9)


def main() -> None:
    """Train, export, and print the figures."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    say = logger(args.out / "log.txt")
    names = args.sets.split(",")
    recipes = [r for r in RECIPES if r.file in names]
    shares, dropped = build(args.data, recipes, args.seed, whole=args.whole.split(","))
    say(f"rows { {f: len(r) for f, r in shares.items()} }; dropped because held out: {dropped}")
    rows = [row for share in shares.values() for row in share]
    numbers = vocabulary(row.text for row in rows)
    write_tokenizer(numbers, args.out / "tokenizer.json")
    tokenizer = open_tokenizer(args.out / "tokenizer.json", MAX_TOKENS)
    ids, labels = _ids(rows, tokenizer), np.array([row.label for row in rows])
    kinds = np.concatenate([np.full(len(share), FITS[f][0]) for f, share in shares.items()])
    even = np.concatenate([_even(share) for share in shares.values()])
    strengths = np.concatenate([np.full(len(share), FITS[f][1]) for f, share in shares.items()])
    model = fit(ids, labels, kinds, even * strengths, args.seed)
    say(f"fitted; {int((model.prints > 0).sum())} n-grams")
    torch.manual_seed(args.seed)
    network = Network(len(numbers))
    learn(network, ids, labels, kinds, even, epochs=args.epochs, seed=args.seed, say=say)
    model = _balanced(model, network, _development(args.data), tokenizer, say)
    finish(_release(model, network, args), args.out, say)


def _development(data: Path) -> list[list[Row]]:
    """Read development dialogue by set, each row with punctuation and without."""
    sets = [split_rows(data, file, split)[:_ROWS_EACH] for file, split in CALIBRATION]
    return [written + [bare(row) for row in written] for written in sets]


def _even(share: Sequence[Row]) -> NDArray[np.floating]:
    """Return the weight of each row of a set with which all classes have equal weight."""
    labels = np.array([row.label for row in share])
    classes, counts = np.unique(labels, return_counts=True)
    each = dict(zip(classes, len(labels) / len(classes) / counts, strict=True))
    return np.array([each[label] for label in labels])


def _balanced(
    model: Linear, network: Network, development: list[list[Row]], tokenizer: Tokenizer, say: Say
) -> Linear:
    """Choose the neutral bias of the dialogue expert by the mean macro-F1 on these sets.

    The other experts have no neutral class of their own, so all three classes depend on this bias.
    """
    tried = [replace(model, bias=_raised(model.bias, offset)) for offset in _OFFSETS]
    figures = np.zeros((len(development), len(tried)))
    for n, rows in enumerate(development):
        ids, labels = _ids(rows, tokenizer), np.array([row.label for row in rows])
        second = scores_of(network, ids)
        figures[n] = [macro_f1(labels, probabilities(t, ids, second).argmax(1)) for t in tried]
    best = int(figures.mean(0).argmax())
    each = [round(figure, 4) for figure in figures[:, best].tolist()]
    say(f"neutral bias {_OFFSETS[best]:+.2f}: macro-F1 on development dialogue {each}")
    return tried[best]


def _raised(bias: NDArray[np.float32], offset: float) -> NDArray[np.float32]:
    changed = bias.copy()
    changed[NEUTRAL] += offset
    return changed


def _ids(rows: Sequence[Row], tokenizer: Tokenizer) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch([row.text for row in rows])]


def _release(model: Linear, network: Network, args: argparse.Namespace) -> Release:
    def write(folder: Path) -> None:
        write_onnx(model, network, folder / "model.onnx")
        (folder / "tokenizer.json").write_bytes((args.out / "tokenizer.json").read_bytes())

    return Release(
        label=Label("sentivox-text-zh", "3", "zh", temperature=1.0, max_tokens=MAX_TOKENS),
        writers={"model": write},
        report=lambda served: report(served, args.data, (*DEVELOPMENT, *BENCHMARKS)),
        calibration=[row for rows in _development(args.data) for row in rows],
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.text.zh", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text sets")
    parser.add_argument(
        "--sets", default=",".join(r.file for r in RECIPES), help="comma-separated; see corpora.py"
    )
    parser.add_argument("--whole", default="", metavar="SETS",
                        help="keep rows of these sets that an evaluation split repeats: only to"
                        " compare with figures of others")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("runs/text-zh"))
    parser.add_argument("--seed", type=int, default=0, help="of the draw, the solver, the network")
    parser.add_argument("--epochs", type=int, default=2, help="of the network")
    return parser.parse_args()


if __name__ == "__main__":
    main()
