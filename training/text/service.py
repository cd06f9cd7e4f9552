"""Sentences of customer service for training, made from templates of our own.

    python -m training.text.service en        # print them: label, kind and text

Public data sets have no calls to contact centres, and in films whoever says "I am sorry" feels bad.
The templates are in ``service/LANGUAGE.txt``. They are about other trades than the sentences of
``benchmarks/service``, which nothing is trained on, and share no wording with them.

In a file, ``@slot = a | b`` defines a slot, ``# label kind`` begins templates with that label, and
``{slot}`` stands for any of the slot's values.
"""

import argparse
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sentivox.types import SENTIMENTS

TEMPLATES: Final = Path(__file__).parent / "service"
PREFIX: Final = "service_"
"""Begins the names of these sets, followed by the language."""

_EACH: Final = 3  # sentences of a template with slots
_SLOT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots, its label (one of SENTIMENTS) and its kind ("apology", …)."""

    label: str
    kind: str
    text: str


def read(language: str) -> tuple[list[Template], dict[str, list[str]]]:
    """Read the templates of a language, and its slots with their values."""
    templates: list[Template] = []
    slots: dict[str, list[str]] = {}
    label = kind = ""
    for line in (TEMPLATES / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, _, values = line[1:].partition(" = ")
            slots[name] = [value.strip() for value in values.split("|")]
        elif line.startswith("# "):
            label, kind = line[2:].split()
            if label not in SENTIMENTS:
                raise ValueError(f"no such label: {line}")
        elif line:
            templates.append(Template(label, kind, line))
    return templates, slots


def records(language: str, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield the sentences as rows of a data set, the same at each call with the same seed.

    A template without slots gives one sentence, others give up to three different ones.
    """
    templates, slots = read(language)
    for template in templates:
        rng = random.Random(f"{seed}-{template.text}")
        filled = [fill(template.text, slots, rng) for _ in range(_EACH)]
        for text in dict.fromkeys(filled):
            row = {"split": "train", "text": text, "label": template.label}
            yield {**row, "orig_label": template.kind}


def fill(text: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """Fill the slots of a template with random values."""
    filled = _SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), text)
    return " ".join(filled.split())


def main() -> None:
    """Print the sentences of a language as tab-separated values."""
    parser = argparse.ArgumentParser(prog="python -m training.text.service", description=__doc__)
    parser.add_argument("language", choices=sorted(file.stem for file in TEMPLATES.glob("*.txt")))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for row in records(options.language, options.seed):
        print(row["label"], row["orig_label"], row["text"], sep="\t")


if __name__ == "__main__":
    main()
