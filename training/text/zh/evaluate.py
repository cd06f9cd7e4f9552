"""Measure a Chinese text model through the code that serves it.

Example:
    python -m training.text.zh.evaluate --data ../shared/data/text
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sentivox.evaluation.metrics import without_neutral
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.types import SENTIMENTS
from training.text.corpora import Row
from training.text.evaluate import Benchmark, log_probs, table, truth, words_alone
from training.text.metrics import score
from training.text.zh.corpora import bare, split_rows

Spoil = Callable[[list[Row]], list[Row]]
"""Adds recognition errors to rows."""

_WRITTEN: Final = (
    Benchmark("ChnSentiCorp test", "chnsenticorp", "test", "accuracy", two_classes=True),
    Benchmark("MSCTD-zh test", "msctd_zh", "test", "macro_f1"),
    Benchmark("conversation_xs test", "zh_conversation_xs", "test", "accuracy", two_classes=True),
    Benchmark("MELD-zh test", "bmeld_zh", "test", "macro_f1"),
)
BENCHMARKS: Final = (*_WRITTEN, *map(words_alone, _WRITTEN))
DEVELOPMENT: Final = tuple(
    replace(one, title=one.title.replace("test", "dev"), split="dev") for one in BENCHMARKS
)


def evaluate(
    model: TextClassifier, folder: Path, benchmark: Benchmark, spoil: Spoil | None = None
) -> dict[str, Any]:
    """Score one benchmark, with recognition errors added by `spoil` if it is given.

    With two classes, neutral is ruled out: p(positive) > p(negative) decides. "neutral" has the
    share of rows that would be called neutral otherwise.
    """
    sentences = split_rows(folder, benchmark.file, benchmark.split)
    if not benchmark.marks:
        sentences = [bare(row) for row in sentences]
    if spoil:
        sentences = spoil(sentences)
    probabilities, labels = np.exp(log_probs(model, sentences)), truth(sentences)
    neutral = float((probabilities.argmax(1) == SENTIMENTS.index("neutral")).mean())
    if benchmark.two_classes:
        probabilities = without_neutral(probabilities)
    guesses = probabilities.argmax(1)
    return {
        **score(probabilities, labels).as_dict(),
        "macro_f1": round(macro_f1(labels, guesses), 4),
        "neutral": round(neutral, 4),
        "confusion": confusion(labels, guesses).tolist(),
    }


def confusion(labels: NDArray[np.integer], guesses: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return counts, shape (3, 3): rows are the truth, columns the guess."""
    counts = np.zeros((len(SENTIMENTS), len(SENTIMENTS)), int)
    np.add.at(counts, (labels, guesses), 1)
    return counts


def macro_f1(labels: NDArray[np.integer], guesses: NDArray[np.integer]) -> float:
    """Return the mean F1 of the classes that occur."""
    counts, true = confusion(labels, guesses), np.unique(labels)
    return float((2 * counts.diagonal()[true] / (counts.sum(0) + counts.sum(1))[true]).mean())


def report(
    model: TextClassifier,
    folder: Path,
    benchmarks: Sequence[Benchmark] = BENCHMARKS,
    spoil: Spoil | None = None,
) -> dict[str, Any]:
    """Return the figures of the benchmarks, by title."""
    return {b.title: evaluate(model, folder, b, spoil) for b in benchmarks}


def _mishear(share: float) -> Spoil:
    from training.text.zh.noise import Noise  # noqa: PLC0415  (needs the training extra)

    def spoil(rows: list[Row]) -> list[Row]:
        noise, rng = Noise.of(row.text for row in rows), random.Random(0)
        return [replace(row, text=noise.mishear(row.text, share, rng)) for row in rows]

    return spoil


def main() -> None:
    """Evaluate the shipped model, or the one in a folder."""
    parser = argparse.ArgumentParser(
        prog="python -m training.text.zh.evaluate", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the text sets")
    parser.add_argument("--model", type=Path, help="folder of a model; the shipped one by default")
    parser.add_argument("--wrong", type=float, default=0.0, help="share of characters, 0...1")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    model = EmbeddedTextModel.load("zh", args.model)
    figures = report(model, args.data, spoil=_mishear(args.wrong) if args.wrong else None)
    print(table(figures))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
