"""A classifier's predictions on labelled examples, and the metrics computed from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import (
    SURE,
    Bin,
    Floats,
    Ints,
    at_confidence,
    class_figures,
    confusion,
    intervals,
    recall,
    reliability,
)
from sentivox.evaluation.report import Figures, Part
from sentivox.evaluation.subsets import BANDS, KEYS, groups, speaker_of
from sentivox.types import EMOTIONS, SENTIMENTS

ENOUGH_SPEAKERS: Final = 8
"""Minimum number of speakers or recordings for reliable bootstrap intervals."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """A classifier's predictions on n examples.

    Attributes:
        names: Names of the k classes.
        examples: The examples.
        truth: Shape (n,), indices of the true classes.
        probs: Shape (n, k), predicted probabilities.
        measured: What was measured of the examples, shape (n,) each: "duration" in seconds,
            "novelty"; NaN where unknown.
    """

    names: tuple[str, ...]
    examples: Sequence[Example]
    truth: Ints
    probs: Floats
    measured: Mapping[str, Floats] = field(default_factory=dict[str, Floats])

    def figures(self, rows: Ints | None = None) -> Figures:
        """The metrics of `class_figures`, with "uar" named by the number of classes: uar3, uar8.

        "accuracy_sure" is the accuracy of the predictions of at least `SURE` confidence. It is left
        out if there are none.

        Args:
            rows: Indices of the examples to use, possibly repeated; None for all.
        """
        probs, truth = (
            (self.probs, self.truth) if rows is None else (self.probs[rows], self.truth[rows])
        )
        found = class_figures(probs, truth)
        (sure,) = at_confidence(probs.max(axis=1), probs.argmax(axis=1) == truth, (SURE,))
        of_sure = {} if sure.accuracy is None else {"accuracy_sure": sure.accuracy}
        return {f"uar{len(self.names)}": found.pop("uar"), **found, **of_sure}

    def part(self) -> Part:
        """The metrics with recalls and confusion; classes that do not occur have no recall."""
        table = confusion(self.truth, self.probs.argmax(axis=1), len(self.names))
        recalls = zip(self.names, recall(table).tolist(), strict=True)
        rows = zip(self.names, table.tolist(), strict=True)
        return Part(
            n=len(self.truth),
            metrics=self.figures(),
            recall={name: share for name, share in recalls if not isnan(share)},
            confusion={
                name: dict(zip(self.names, row, strict=True)) for name, row in rows if sum(row)
            },
            at_confidence=at_confidence(self.confidence, self.right),
        )

    @property
    def confidence(self) -> Floats:
        """Probability of the predicted class of each example, shape (n,)."""
        return self.probs.max(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the prediction is correct, shape (n,)."""
        return self.probs.argmax(axis=1) == self.truth

    def reliability(self) -> list[Bin]:
        """Confidence and accuracy in bins."""
        return reliability(self.confidence, self.right)

    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % confidence intervals of the metrics, by speaker if all speakers are known."""
        return intervals(self.figures, len(self.truth), speakers(self.examples))

    def by(self, rows: Mapping[str, Ints]) -> dict[str, Figures]:
        """The metrics of subsets, by name, from the indices of their examples."""
        return {name: {"n": len(own), **self.figures(own)} for name, own in rows.items()}

    def subsets(self, by: Sequence[str] = ()) -> dict[str, dict[str, Figures]]:
        """The metrics by corpus, gender and speaker, where known, and by what is asked for.

        Args:
            by: Names from `sentivox.evaluation.BY`.

        Raises:
            DataError: The examples could not be measured by one of them.
        """
        usual = {
            "corpus": groups(self.examples, lambda e: e.corpus),
            "speaker_group": self._rows("gender"),
            "speaker": self._rows("speaker"),
        }
        asked = {name: self._rows(name) for name in by}
        return {name: self.by(rows) for name, rows in (usual | asked).items()}

    def _rows(self, name: str) -> dict[str, Ints]:
        if name in KEYS:
            return groups(self.examples, KEYS[name])
        values = {"confidence": self.confidence, **self.measured}.get(name)
        if values is None:
            raise DataError(f"the chosen model does not tell the {name}: leave --by {name} out")
        return BANDS[name].rows(values)


def sentiment_verdicts(
    examples: Sequence[Example], probs: Floats, measured: Mapping[str, Floats] | None = None
) -> Predictions:
    """The verdicts on the examples that have a sentiment.

    Args:
        examples: All n examples.
        probs: Shape (n, 3), predicted probabilities of SENTIMENTS for each example.
        measured: What was measured of the examples, see `Predictions`.

    Raises:
        DataError: No example has a sentiment.
    """
    labels = [e.sentiment for e in examples]
    return _verdicts(examples, labels, probs, SENTIMENTS, measured or {})


def emotion_verdicts(examples: Sequence[Example], probs: Floats) -> Predictions | None:
    """The verdicts on the examples that have an emotion.

    Args:
        examples: All n examples.
        probs: Shape (n, 8), predicted probabilities of EMOTIONS for each example.

    Returns:
        The verdicts; None if fewer than two emotions occur, as in data labelled with sentiments,
        in which only "neutral" is an emotion too.
    """
    if len({e.emotion for e in examples} - {None}) < 2:
        return None
    return _verdicts(examples, [e.emotion for e in examples], probs, EMOTIONS, {})


def speakers(examples: Sequence[Example]) -> list[str] | None:
    """The speaker of each example; None unless all are known and there are at least two."""
    names = [name for e in examples if (name := speaker_of(e)) is not None]
    return names if len(names) == len(examples) and len(set(names)) > 1 else None


def drawn_by(examples: Sequence[Example]) -> str:
    """What is resampled for the intervals of these examples: "speaker" or "example"."""
    return "example" if speakers(examples) is None else "speaker"


def require_classes(labels: Iterable[str | None]) -> None:
    """Refuse data on which a constant answer would be always right.

    Raises:
        DataError: All labels that are not None are the same.
    """
    if len(found := set(labels) - {None}) == 1:
        raise DataError(
            f"every label counts as {found.pop()}: figures need examples of two classes or more"
        )


def few(n: int, what: str) -> list[str]:
    """A note that the metrics rest on too few items; empty if `n` is at least `ENOUGH_SPEAKERS`.

    Args:
        n: Number of items.
        what: What they are, in the singular, such as "speaker".
    """
    if n >= ENOUGH_SPEAKERS:
        return []
    of = f"{n} {what}s" if n > 1 else f"a single {what}"
    line = (
        f"the figures rest on {of}: with fewer than {ENOUGH_SPEAKERS} the intervals are too narrow,"
    )
    return [f"{line} and other {what}s may differ by more"]


def few_speakers(examples: Sequence[Example]) -> list[str]:
    """A note that there are too few speakers; empty if there are enough or not all are named."""
    names = {speaker_of(e) for e in examples}
    return [] if not names or None in names else few(len(names), "speaker")


def left_out(examples: Sequence[Example]) -> dict[str, int]:
    """Number of examples without a sentiment, by label."""
    missing = Counter(e.label or "(no label)" for e in examples if e.sentiment is None)
    return dict(sorted(missing.items()))


def _verdicts(
    examples: Sequence[Example],
    labels: list[str | None],
    probs: Floats,
    names: tuple[str, ...],
    measured: Mapping[str, Floats],
) -> Predictions:
    rows = [i for i, label in enumerate(labels) if label is not None]
    if not rows:
        raise DataError("no example has a label that can be judged: fill in the column 'label'")
    truth = np.array([names.index(label) for label in labels if label is not None])
    kept = {name: values[rows] for name, values in measured.items()}
    return Predictions(names, [examples[i] for i in rows], truth, probs[rows], kept)
