"""The result of an evaluation as data: the document of `evaluate --json`."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sentivox.evaluation.metrics import AtConfidence, Bin

_ALWAYS: Final = frozenset({"task", "n", "metrics", "recall", "confusion", "ci95"})
"""Keys of the document that are kept even if empty."""

_DIGITS: Final = 4
"""Decimals of numbers in the document."""

Figures = dict[str, float]
"""Metrics by name."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of one view of the data.

    Attributes:
        n: Number of examples.
        metrics: Metrics by name.
        recall: Recall of each class that occurs.
        confusion: Counts by true class (outer) and predicted class (inner).
        at_confidence: Coverage and accuracy of the surest predictions, by level of confidence.
    """

    n: int
    metrics: Figures
    recall: Figures = {}
    confusion: dict[str, dict[str, int]] = {}
    at_confidence: Sequence[AtConfidence] = ()


class Report(Part, frozen=True, kw_only=True):
    """The result of an evaluation.

    Attributes:
        task: "tone", "text", …
        ci95: 95 % confidence intervals of the metrics that have one.
        ci95_by: What was resampled for them: "speaker", "example" or "recording".
        models: Names of the models by part.
        left_out: Number of examples left out, by label.
        by: Metrics of subsets: "corpus", "speaker_group" (gender), "speaker", … → name → metrics.
        parts: Other views of the same data, by name.
        reliability: Confidence and accuracy in bins.
        notes: Caveats about the metrics.
    """

    task: str
    ci95: dict[str, tuple[float, float]] = {}
    ci95_by: str | None = None
    models: dict[str, str] = {}
    left_out: dict[str, int] = {}
    by: dict[str, dict[str, Figures]] = {}
    parts: dict[str, Part] = {}
    reliability: Sequence[Bin] = ()
    notes: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """Plain JSON values: subsets under `by_NAME`, parts under their names, four decimals."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        plain |= {f"by_{name}": figures for name, figures in plain.pop("by").items()}
        plain |= plain.pop("parts")
        first = {key: plain.pop(key) for key in ("task", "n", "metrics", "recall", "confusion")}
        kept = {key: value for key, value in plain.items() if value or key in _ALWAYS}
        return _rounded(first | kept)


def _rounded(value: Any) -> Any:  # noqa: ANN401  (JSON)
    match value:
        case float():
            return round(value, _DIGITS)
        case dict():
            return {key: _rounded(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return [_rounded(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value
