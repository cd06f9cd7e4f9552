"""The figures in the model card, against scikit-learn where it is installed, and by hand."""

import numpy as np
import pytest

from training.text.calibrate import fit_temperature
from training.text.metrics import binary, calibration_error, score


def random_case(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return probabilities, rng.integers(0, 3, n)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    probabilities, labels = random_case(seed)
    guesses = probabilities.argmax(1)
    figures = score(probabilities, labels)
    assert figures.accuracy == pytest.approx(sklearn.accuracy_score(labels, guesses))
    assert figures.macro_recall == pytest.approx(
        sklearn.recall_score(labels, guesses, average="macro")
    )
    assert figures.weighted_f1 == pytest.approx(
        sklearn.f1_score(labels, guesses, average="weighted")
    )


def test_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    figures = score(np.eye(3)[[0, 1, 1, 2]], labels)
    assert figures.recall == {"negative": 0.5, "neutral": 1.0, "positive": 1.0}
    assert figures.accuracy == 0.75
    assert figures.macro_recall == pytest.approx(2.5 / 3)
    assert figures.weighted_f1 == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    assert figures.ece == pytest.approx(0.25)


def test_two_classes_rule_neutral_out() -> None:
    probabilities = np.array([[0.3, 0.6, 0.1], [0.1, 0.7, 0.2]])
    assert binary(probabilities) == pytest.approx(np.array([[0.75, 0, 0.25], [1 / 3, 0, 2 / 3]]))
    assert score(binary(probabilities), np.array([0, 2])).accuracy == 1


def test_calibration_error_of_an_honest_and_a_boastful_model() -> None:
    right = np.array([True, True, True, False])
    assert calibration_error(np.full(4, 0.75), right) == pytest.approx(0)
    assert calibration_error(np.full(4, 1.0), right) == pytest.approx(0.25)


@pytest.mark.parametrize("boast", [0.5, 1.0, 2.5])
def test_temperature_undoes_a_known_boast(boast: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=1.5, size=(6000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (rng.random((6000, 1)) > probabilities.cumsum(1)).sum(1).clip(max=2)
    assert fit_temperature(logits * boast, labels) == pytest.approx(boast, rel=0.08)
