"""Subsets of evaluated examples: by what is known of the speaker, and by bands of a number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import Floats, Ints

Key = Callable[[Example], str | None]
"""What an example is grouped by; None if that is unknown."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands of a number.

    Attributes:
        bounds: The lowest number of each band but the first, ascending.
        names: The names of the bands, one more than there are bounds.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...]

    def rows(self, values: Floats) -> dict[str, Ints]:
        """Indices of the values in each band that holds any, in the order of the bands.

        Args:
            values: Shape (n,); those that are NaN are unknown, and in no band.
        """
        place = np.searchsorted(self.bounds, values, side="right")
        place = np.where(np.isnan(values), -1, place)
        found = ((name, np.flatnonzero(place == i)) for i, name in enumerate(self.names))
        return {name: rows for name, rows in found if len(rows)}


BANDS: Final[Mapping[str, Bands]] = {
    "duration": Bands((1.5, 3.0, 6.0), ("under 1.5 s", "1.5-3 s", "3-6 s", "from 6 s")),
    "confidence": Bands(
        (0.5, 0.6, 0.7, 0.8, 0.9),
        ("under 0.5", "0.5-0.6", "0.6-0.7", "0.7-0.8", "0.8-0.9", "from 0.9"),
    ),
    "novelty": Bands((1.0,), ("low", "high")),
}
"""The numbers by which examples are grouped. The novelty of a sound is its distance from what a
model was trained on; 1 is that of the strangest hundredth of that data."""


def speaker_of(example: Example) -> str | None:
    """The speaker as "corpus/speaker", because names are unique only within a corpus."""
    if example.speaker is None or example.corpus is None:
        return example.speaker
    return f"{example.corpus}/{example.speaker}"


KEYS: Final[Mapping[str, Key]] = {"speaker": speaker_of, "gender": lambda e: e.group}
"""The columns by which examples are grouped."""


def groups(examples: Sequence[Example], key: Key) -> dict[str, Ints]:
    """Indices of the examples by key, sorted by key; examples whose key is None are left out."""
    rows: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        name = key(example)
        if name is not None:
            rows.setdefault(name, []).append(i)
    return {name: np.array(rows[name]) for name in sorted(rows)}


def require_columns(examples: Sequence[Example], by: Sequence[str]) -> None:
    """Check that the data name what they are to be grouped by.

    Raises:
        DataError: A column is missing, or empty for all examples.
    """
    for name in by:
        if name in KEYS and all(KEYS[name](e) is None for e in examples):
            raise DataError(f"the data name no {name}: fill in the column '{name}'")


def unknown(examples: Sequence[Example], by: Sequence[str]) -> list[str]:
    """Notes on the examples that are in no subset, because a column is empty for them."""
    counts = {n: sum(KEYS[n](e) is None for e in examples) for n in by if n in KEYS}
    return [
        f"{count} of {len(examples)} examples name no {name}: they are in no subset by {name}"
        for name, count in counts.items()
        if count
    ]
