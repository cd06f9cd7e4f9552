"""Measure a text model through the code that serves it.

Example:
    python -m training.text.evaluate --data ../shared/data/text
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sentivox.evaluation.metrics import without_neutral
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.normalise import normalise_text
from sentivox.text.protocol import TextClassifier
from training.text.corpora import Row, rows, spell
from training.text.metrics import Figures, score
from training.text.noise import Noise


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A split that is reported, and its usual figure.

    Attributes:
        title: Its name in tables.
        file: The data set.
        split: The split of the set.
        figure: A field of Figures.
        two_classes: Rule out neutral: p(positive) > p(negative) decides.
        marks: Keep punctuation; otherwise words alone, as from recognisers that write none.
    """

    title: str
    file: str
    split: str
    figure: str
    two_classes: bool = False
    marks: bool = True


def words_alone(one: Benchmark) -> Benchmark:
    """Return the same benchmark without punctuation."""
    return replace(one, title=f"{one.title}, words alone", marks=False)


_WRITTEN: Final = (
    Benchmark("SST-2 dev", "sst2_glue", "dev", "accuracy", two_classes=True),
    Benchmark("MELD test", "meld", "test", "weighted_f1"),
    Benchmark("TweetEval test", "tweeteval_sentiment", "test", "macro_recall"),
    Benchmark("GoEmotions test", "goemotions", "test", "macro_recall"),
)
BENCHMARKS: Final = (*_WRITTEN, *map(words_alone, _WRITTEN))

_COLUMNS: Final = {
    "acc": "accuracy", "UAR": "macro_recall", "wF1": "weighted_f1", "mF1": "macro_f1", "ECE": "ece",
}  # fmt: skip


def log_probs(model: TextClassifier, sentences: Sequence[Row]) -> NDArray[np.float32]:
    """Return the model's log-probabilities, shape (n, 3)."""
    return np.stack([s.sentiment for s in model.classify([row.text for row in sentences])])


def truth(sentences: Sequence[Row]) -> NDArray[np.int64]:
    """Return the labels, shape (n,), as indices into SENTIMENTS."""
    return np.array([row.label for row in sentences])


def evaluate(
    model: TextClassifier, folder: Path, benchmark: Benchmark, word_errors: float = 0.0
) -> Figures:
    """Score one benchmark, with the share `word_errors` of its words wrong at random."""
    spelt = spell if benchmark.marks else normalise_text
    sentences = rows(folder, benchmark.file, benchmark.split, spell=spelt)
    if word_errors:
        noise, rng = Noise.of(row.text for row in sentences), random.Random(0)
        sentences = [replace(r, text=noise.mishear(r.text, word_errors, rng)) for r in sentences]
    probabilities = np.exp(log_probs(model, sentences))
    if benchmark.two_classes:
        probabilities = without_neutral(probabilities)
    return score(probabilities, truth(sentences))


def report(model: TextClassifier, folder: Path, word_errors: float = 0.0) -> dict[str, Any]:
    """Return the figures of every benchmark, by title."""
    return {b.title: evaluate(model, folder, b, word_errors).as_dict() for b in BENCHMARKS}


def table(figures: dict[str, Any]) -> str:
    """Format the figures as aligned text."""
    known = {name: key for name, key in _COLUMNS.items() if all(key in r for r in figures.values())}
    width = max(map(len, figures), default=0)
    lines = [f"{'set':{width}} {'n':>6} {' '.join(f'{name:>6}' for name in known)}  recall"]
    for title, row in figures.items():
        recall = " ".join(f"{name[:3]} {value:.3f}" for name, value in row["recall"].items())
        values = " ".join(f"{row[key]:6.3f}" for key in known.values())
        lines.append(f"{title:{width}} {row['n']:6} {values}  {recall}")
    return "\n".join(lines)


def main() -> None:
    """Evaluate the shipped model, or the one in a folder."""
    parser = argparse.ArgumentParser(prog="python -m training.text.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text sets")
    parser.add_argument("--model", type=Path, help="folder of a model; the shipped one by default")
    parser.add_argument("--word-errors", type=float, default=0.0, help="share of words, 0...1")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    figures = report(EmbeddedTextModel.load("en", args.model), args.data, args.word_errors)
    print(table(figures))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
