"""Chinese data sets: what is trained on, what is held out, and how texts are normalised.

The chat logs have no development split, so every tenth text of their training split is used as one.
It is chosen by a hash of the text, so that copies stay together.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sentivox.text.normalise import SENTENCE_MARKS, normalise_text
from training.text.corpora import Recipe, Row, rows
from training.text.mix import HeldOut, Units, draw

_MARKS: Final = frozenset("".join(SENTENCE_MARKS))


def unmarked(text: str) -> str:
    """Return the characters of a text normalised by `spell`, without punctuation."""
    return "".join(c for c in text if c not in _MARKS)


CHARACTERS: Final = Units(unmarked, shingle=10, stock=4)
"""Texts are compared by characters: ten are about seven words, and four about three."""

DIALOGUE, REVIEWS, CHAT = range(3)
"""Kinds of text. Only dialogue has all three classes."""

_ALL: Final = (150_000, 150_000, 150_000)
RECIPES: Final = (
    Recipe("msctd_zh", _ALL, 1.0, "MIT, subtitles research use"),
    Recipe("bmeld_zh", _ALL, 1.0, "subtitles research use"),
    Recipe("xed_zh", _ALL, 1.0, "CC BY 4.0"),
    Recipe("zh_conversation_xs", _ALL, 1.0, "research use"),
    Recipe("chnsenticorp", _ALL, 1.0, "research use"),
    Recipe("online_shopping_10_cats", (18_000, 0, 18_000), 1.0, "research use"),
    Recipe("waimai_10k", _ALL, 1.0, "research use"),
    Recipe("service_zh", _ALL, 1.0, "ours", copies=8),
)

FITS: Final = {
    "msctd_zh": (DIALOGUE, 1.0), "bmeld_zh": (DIALOGUE, 1.0), "xed_zh": (DIALOGUE, 1.0),
    "chnsenticorp": (REVIEWS, 32.0), "online_shopping_10_cats": (REVIEWS, 2.0),
    "waimai_10k": (REVIEWS, 2.0), "zh_conversation_xs": (CHAT, 4.0),
    "service_zh": (DIALOGUE, 16.0),
}  # fmt: skip
"""Set -> its kind of text, and how closely its labels are followed (the C of a logistic
regression); lower for noisier and for larger sets."""

HELD_OUT: Final = (
    ("chnsenticorp", "dev"), ("chnsenticorp", "test"),
    ("msctd_zh", "dev"), ("msctd_zh", "test"),
    ("zh_conversation_xs", "dev"), ("zh_conversation_xs", "test"),
    ("bmeld_zh", "dev"), ("bmeld_zh", "test"), ("cped_zh", "dev"),
)  # fmt: skip
"""(File, split) pairs that are never trained on: those reported, or used for choices and
calibration."""

_MADE_DEV: Final = "zh_conversation_xs"


def spell(text: str) -> str:
    """Normalise a text, without spaces: recognisers place them at random."""
    return normalise_text(text, marks=True).replace(" ", "")


def bare(row: Row) -> Row:
    """Return the same row without punctuation, as from recognisers that write none."""
    return replace(row, text=unmarked(row.text))


def split_rows(folder: Path, file: str, split: str, trust: float | None = None) -> list[Row]:
    """Read the rows of a split, also of the made one; see `training.text.corpora.rows`."""
    if file != _MADE_DEV or split == "test":
        return rows(folder, file, split, trust, spell)
    found = rows(folder, file, "train", trust, spell)
    return [row for row in found if _every_tenth(unmarked(row.text)) == (split == "dev")]


def held_out(folder: Path) -> HeldOut:
    """Index every held-out split."""
    texts = (row.text for file, split in HELD_OUT for row in split_rows(folder, file, split))
    return HeldOut.of(texts, CHARACTERS)


def build(
    folder: Path, recipes: Sequence[Recipe], seed: int, *, whole: Collection[str] = ()
) -> tuple[dict[str, list[Row]], dict[str, int]]:
    """Build the training mix.

    Rows with punctuation are added a second time without it.

    Args:
        folder: Folder of the sets.
        recipes: The sets to use.
        seed: Of the draw.
        whole: Sets that keep the rows that a held-out split repeats.

    Returns:
        The rows of each set, and how many of its rows were left out as held out.
    """
    hidden = held_out(folder)
    shares: dict[str, list[Row]] = {}
    dropped: dict[str, int] = {}
    for recipe in recipes:
        found = split_rows(folder, recipe.file, "train", recipe.trust)
        free = [row for row in found if recipe.file in whole or not hidden.has(row.text)]
        dropped[recipe.file] = len(found) - len(free)
        drawn = draw(free, recipe, seed)
        shares[recipe.file] = drawn + [b for row in drawn if (b := bare(row)) != row]
    return shares, dropped


def _every_tenth(text: str) -> bool:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[-4:]) % 10 == 0
