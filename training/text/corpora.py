"""Labelled sentences of many data sets, each with the trust in its label.

Every set is a gzip TSV with the first columns ``split, text, label``, where labels are mapped to
negative, neutral and positive; only the sentences of customer service are our own, made from
templates (`training.text.service`). ``RECIPES`` says for each set how far its labels are trusted,
how many rows of a class are drawn, and how often a row is used.
"""

import csv
import gzip
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sentivox.text.normalise import normalise_text
from sentivox.types import SENTIMENTS
from training.text import service


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled sentence, normalised.

    Attributes:
        text: The normalised text that the model gets; never empty in training.
        label: Index into SENTIMENTS.
        trust: Probability that the label is right, 1/3…1; the rest is spread over the others.
    """

    text: str
    label: int
    trust: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a set enters the training mix.

    Attributes:
        file: Name of the gzip TSV, without its suffixes.
        caps: Largest number of rows drawn of each class, in the order of SENTIMENTS.
        trust: See Row; lower for noisier labels.
        licence: Licence of the data, for the model card.
        copies: How often each row is used in an epoch, each time with other noise.
        min_words: Rows with fewer words are left out.
    """

    file: str
    caps: tuple[int, int, int]
    trust: float
    licence: str
    copies: int = 1
    min_words: int = 1


RECIPES: Final = (
    Recipe("sst5_phrases", (40_000, 14_000, 40_000), 0.90, "academic use", min_words=2),
    Recipe("sst2_glue", (40_000, 0, 40_000), 0.90, "academic use", min_words=2),
    Recipe("semeval2017_4a", (8_000, 18_000, 18_000), 0.95, "Twitter terms, research use"),
    Recipe("meld", (5_000, 5_000, 5_000), 0.95, "GPL-3.0, subtitles research use", copies=2),
    Recipe("goemotions", (9_500, 9_500, 10_500), 0.93, "Apache-2.0"),
    Recipe("dailydialog", (3_000, 8_000, 7_000), 0.90, "CC BY-NC-SA 4.0"),
    Recipe("emorynlp", (5_000, 5_000, 5_000), 0.85, "Apache-2.0, subtitles research use"),
    Recipe("xed_en", (6_000, 5_000, 5_000), 0.85, "CC BY 4.0"),
    Recipe("msctd_en", (7_000, 6_000, 6_000), 0.80, "MIT, subtitles research use"),
    Recipe("service_en", (1_000, 1_000, 1_000), 0.95, "ours", copies=16),
)

# Trust in original labels that are finer than three classes.
_FINE_TRUST: Final = {"very_positive": 0.97, "very_negative": 0.97, "ambiguous": 0.60}


def recipe(name: str) -> Recipe:
    """Return the recipe of a set.

    Raises:
        SystemExit: No set has this name.
    """
    for known in RECIPES:
        if known.file == name:
            return known
    sys.exit(f"unknown set '{name}'; known: {', '.join(r.file for r in RECIPES)}")


def records(folder: Path, file: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a set's file, as column -> value.

    Raises:
        SystemExit: The file does not exist.
    """
    if file.startswith(service.PREFIX):
        yield from service.records(file.removeprefix(service.PREFIX))
        return
    path = folder / f"{file}.tsv.gz"
    if not path.is_file():
        sys.exit(f"{path} not found; name the folder of the text sets with --data")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def spell(text: str) -> str:
    """Normalise a text and keep its punctuation."""
    return normalise_text(text, marks=True)


def rows(
    folder: Path,
    file: str,
    split: str,
    trust: float | None = None,
    spell: Callable[[str], str] = spell,
) -> list[Row]:
    """Read the rows of one split with a usable label and, for training, at least one word.

    Args:
        folder: Folder of the sets.
        file: Name of the set.
        split: "train", "dev", …
        trust: Trust in its labels for training; None for evaluation, which takes every label as
            true and leaves out labels other than the three classes.
        spell: Normalises a text.
    """
    found: list[Row] = []
    for record in records(folder, file):
        label, sure = record["label"], 1.0
        if trust is not None:
            sure = _FINE_TRUST.get(record.get("orig_label") or label, trust)
            if label == "ambiguous":  # curiosity, confusion, surprise: nearest to neutral
                label, sure = "neutral", _FINE_TRUST["ambiguous"]
        if record["split"] != split or label not in SENTIMENTS:
            continue
        text = spell(record["text"])
        if text or trust is None:
            found.append(Row(text, SENTIMENTS.index(label), sure))
    return found
