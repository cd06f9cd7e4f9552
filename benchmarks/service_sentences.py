"""Measure the text models on sentences of customer service, by language, role, kind and label.

    python -m benchmarks.service_sentences                           # the models that ship
    python -m benchmarks.service_sentences --wrong                   # and list the wrong ones
    python -m benchmarks.service_sentences --en runs/text-en/model   # another English model

benchmarks/service/README.md describes the sentences and how they were labelled. The run passes if
accuracy is at least GOAL in each language, and agents who apologise or sympathise are called
negative no more often than MOST_NEGATIVE.
"""

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sentivox.evaluation.metrics import confusion
from sentivox.text.embedded import SHIPPED, EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.types import SENTIMENTS

SENTENCES: Final = Path(__file__).parent / "service" / "sentences.tsv"
ASPECTS: Final = ("role", "kind", "label")
"""Columns by which accuracy is given, besides the language."""

GOAL: Final = 0.90  # accuracy in each language
MOST_NEGATIVE: Final = 0.05  # share of the agents' apologies and sympathy that is called negative
_KIND_WORDS: Final = frozenset({"apology", "empathy"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence.

    Attributes:
        language: Primary tag: "en" or "zh".
        role: Who says it: "agent" or "customer".
        kind: What it is for, for example "apology".
        label: One of SENTIMENTS.
        text: The words, as a recogniser would write them.
    """

    language: str
    role: str
    kind: str
    label: str
    text: str


def read(path: Path = SENTENCES) -> list[Sentence]:
    """Read the sentences of a TSV file with the columns of `Sentence`."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Sentence(**row) for row in rows]


def guesses(model: TextClassifier, sentences: Sequence[Sentence]) -> list[str]:
    """Return the model's label for each sentence."""
    scores = model.classify([sentence.text for sentence in sentences])
    return [SENTIMENTS[int(np.argmax(score.sentiment))] for score in scores]


def figures(sentences: Sequence[Sentence], guessed: Sequence[str]) -> dict[str, Any]:
    """Compute the figures of one language.

    Returns:
        n; accuracy; accuracy by value of each of ASPECTS; the confusion table (rows are the true
        labels, columns the guessed ones); and in "kind_words_negative" the share of the agents'
        apologies and sympathy that is called negative.
    """
    right = np.array([s.label == guess for s, guess in zip(sentences, guessed, strict=True)])
    shares = {
        aspect: {
            value: round(float(right[[getattr(s, aspect) == value for s in sentences]].mean()), 3)
            for value in dict.fromkeys(getattr(s, aspect) for s in sentences)
        }
        for aspect in ASPECTS
    }
    kind_words = [
        guess == "negative"
        for s, guess in zip(sentences, guessed, strict=True)
        if s.role == "agent" and s.kind in _KIND_WORDS
    ]
    table = confusion(_indices([s.label for s in sentences]), _indices(guessed), len(SENTIMENTS))
    return {
        "n": len(sentences),
        "accuracy": round(float(right.mean()), 3),
        "kind_words_negative": round(float(np.mean(kind_words)), 3),
        "by": shares,
        "confusion": {
            name: dict(zip(SENTIMENTS, map(int, row), strict=True))
            for name, row in zip(SENTIMENTS, table, strict=True)
        },
    }


def passed(found: Mapping[str, Any]) -> bool:
    """Whether the figures of one language reach the goals."""
    return found["accuracy"] >= GOAL and found["kind_words_negative"] <= MOST_NEGATIVE


def text_report(found: Mapping[str, Any]) -> str:
    """Format the figures of one language for people."""
    mistaken = f"agents' kind words called negative {found['kind_words_negative']:.3f}"
    lines = [f"{found['n']} sentences, accuracy {found['accuracy']:.3f}, {mistaken}"]
    for aspect, shares in found["by"].items():
        lines.append(f"  {aspect:6} " + "  ".join(f"{k} {v:.3f}" for k, v in shares.items()))
    lines.append("  true \\ guessed " + " ".join(f"{name:>9}" for name in SENTIMENTS))
    for name, row in found["confusion"].items():
        lines.append(f"  {name:>14} " + " ".join(f"{count:9}" for count in row.values()))
    return "\n".join(lines)


def main() -> None:
    """Parse the options, measure, print, and exit with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for language in SHIPPED:
        parser.add_argument(
            f"--{language}", type=Path, help="folder of a model in place of the one that ships"
        )
    parser.add_argument("--wrong", action="store_true", help="list the sentences judged wrongly")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report: dict[str, dict[str, Any]] = {}
    for language in SHIPPED:
        sentences = [sentence for sentence in read() if sentence.language == language]
        model = EmbeddedTextModel.load(language, getattr(options, language))
        guessed = guesses(model, sentences)
        report[language] = {"model": model.name, **figures(sentences, guessed)}
        if not options.json:
            print(f"{language} ({model.name}): {text_report(report[language])}")
        if options.wrong:
            report[language]["wrong"] = wrong = [
                {"guess": guess, **{name: getattr(s, name) for name in (*ASPECTS, "text")}}
                for s, guess in zip(sentences, guessed, strict=True)
                if s.label != guess
            ]
            if not options.json:
                print("\n".join("  " + " | ".join(one.values()) for one in wrong))
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    sys.exit(not all(map(passed, report.values())))


def _indices(labels: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([SENTIMENTS.index(label) for label in labels], np.int64)


if __name__ == "__main__":
    main()
