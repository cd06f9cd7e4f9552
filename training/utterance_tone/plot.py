"""The reliability diagram of the documents."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sentivox.evaluation.metrics import ece
from sentivox.tone.trust import TrustSettings
from training.utterance_tone.trust import Strange, trusted

EDGES = np.linspace(1 / 3, 1, 11)
"""Bounds of the confidences that are taken together."""


def reliability(
    corpora: Mapping[str, Strange], trust: Mapping[str, TrustSettings], file: Path
) -> None:
    """Plot how often labels of a confidence are right, before and after scaling.

    One thin line for each corpus, which the network was not trained on, and a thick one for their
    mean.

    Args:
        corpora: What networks that never heard a corpus say of it.
        trust: Settings of each, by `trust.cross_fitted`.
        file: PNG to write.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (only needed for plots)

    figure = Figure(figsize=(8, 4), layout="constrained")
    said = {name: one.log_probs for name, one in corpora.items()}
    served = {name: trusted(one, trust[name]) for name, one in corpora.items()}
    both = {"as the network says": said, "as served": served}
    places = figure.subplots(1, 2, sharey=True)
    for axes, (title, log_probs) in zip(places, both.items(), strict=True):
        curves: list[np.ndarray] = []
        errors: list[float] = []
        for name, one in corpora.items():
            sure = np.exp(log_probs[name].max(axis=1))
            right = log_probs[name].argmax(axis=1) == one.truth
            errors.append(ece(sure, right))
            curves.append(_curve(sure, right))
            axes.plot(_middles(), curves[-1], color="#888888", linewidth=0.8)
        axes.plot(_middles(), np.nanmean(curves, axis=0), color="#1f6feb", linewidth=2.5)
        axes.plot([1 / 3, 1], [1 / 3, 1], color="#000000", linestyle=":", linewidth=1)
        axes.set(title=f"{title}: ECE {np.mean(errors):.3f}", xlabel="confidence", xlim=(1 / 3, 1))
    figure.axes[0].set_ylabel("share of right labels")
    figure.savefig(file, dpi=110)


def _curve(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Share of right labels in each bin; NaN where fewer than 30 labels are in it."""
    place = np.digitize(sure, EDGES[1:-1])
    bins = [right[place == n] for n in range(len(EDGES) - 1)]
    return np.array([one.mean() if len(one) >= 30 else np.nan for one in bins])


def _middles() -> np.ndarray:
    return (EDGES[:-1] + EDGES[1:]) / 2
