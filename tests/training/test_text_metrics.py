"""The figures in the model card and the temperature, by hand."""

import numpy as np
import pytest

from training.text.calibrate import fit_temperature
from training.text.metrics import score


def test_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    figures = score(np.eye(3)[[0, 1, 1, 2]], labels)
    assert figures.recall == {"negative": 0.5, "neutral": 1.0, "positive": 1.0}
    assert figures.accuracy == 0.75
    assert figures.macro_recall == pytest.approx(2.5 / 3)
    assert figures.weighted_f1 == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    assert figures.ece == pytest.approx(0.25)


@pytest.mark.parametrize("boast", [0.5, 1.0, 2.5])
def test_temperature_undoes_a_known_boast(boast: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=1.5, size=(6000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (rng.random((6000, 1)) > probabilities.cumsum(1)).sum(1).clip(max=2)
    assert fit_temperature(logits * boast, labels) == pytest.approx(boast, rel=0.08)
