"""Figures of classifiers: by hand, by property, and against scikit-learn where it is installed."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sentivox.evaluation import metrics

CLASSES = 3

truths = st.integers(1, 60).flatmap(lambda n: arrays(np.int64, n, elements=st.integers(0, 2)))
cases = truths.flatmap(
    lambda truth: st.tuples(
        st.just(truth), arrays(np.int64, truth.shape, elements=st.integers(0, CLASSES - 1))
    )
)


def random_case(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    powers = np.exp(rng.normal(size=(n, CLASSES)))
    return powers / powers.sum(1, keepdims=True), rng.integers(0, CLASSES, n)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    probs, truth = random_case(seed)
    guess = probs.argmax(1)
    figures = metrics.class_figures(probs, truth)
    assert figures["accuracy"] == pytest.approx(sklearn.accuracy_score(truth, guess))
    assert figures["uar"] == pytest.approx(sklearn.recall_score(truth, guess, average="macro"))
    assert figures["macro_f1"] == pytest.approx(sklearn.f1_score(truth, guess, average="macro"))
    assert figures["weighted_f1"] == pytest.approx(
        sklearn.f1_score(truth, guess, average="weighted")
    )
    table = metrics.confusion(truth, guess, CLASSES)
    assert (table == sklearn.confusion_matrix(truth, guess)).all()
    assert metrics.log_loss(np.log(probs), truth) == pytest.approx(sklearn.log_loss(truth, probs))


def test_by_hand() -> None:
    truth = np.array([0, 0, 1, 2])
    probs = np.eye(3)[[0, 1, 1, 2]]
    table = metrics.confusion(truth, probs.argmax(1), 3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert metrics.recall(table).tolist() == [0.5, 1, 1]
    figures = metrics.class_figures(probs, truth)
    assert figures["accuracy"] == 0.75
    assert figures["uar"] == pytest.approx(2.5 / 3)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert figures["weighted_f1"] == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4)
    assert figures["ece"] == pytest.approx(0.25)


def test_a_class_that_does_not_occur_has_no_recall_and_counts_in_no_mean() -> None:
    table = metrics.confusion(np.array([0, 0, 2]), np.array([0, 1, 2]), 4)
    assert np.isnan(metrics.recall(table)).tolist() == [False, True, False, True]
    assert metrics.uar(table) == pytest.approx(0.75)
    # Class 1 is guessed though it never occurs: that is an error of F1. Class 3 is neither.
    assert metrics.macro_f1(table) == pytest.approx((2 / 3 + 0 + 1) / 3)


@given(cases)
def test_the_table_counts_every_example_once(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, guess = case
    table = metrics.confusion(truth, guess, CLASSES)
    assert table.sum() == len(truth)
    assert (table.sum(axis=1) == np.bincount(truth, minlength=CLASSES)).all()
    assert (table.sum(axis=0) == np.bincount(guess, minlength=CLASSES)).all()


@given(cases)
def test_figures_stay_in_their_range(case: tuple[np.ndarray, np.ndarray]) -> None:
    table = metrics.confusion(*case, CLASSES)
    for figure in (metrics.uar, metrics.accuracy, metrics.macro_f1, metrics.weighted_f1):
        assert 0 <= figure(table) <= 1 + 1e-12


@given(truths)
def test_perfect_guesses_are_perfect(truth: np.ndarray) -> None:
    figures = metrics.class_figures(np.eye(CLASSES)[truth], truth)
    assert figures == pytest.approx(
        {"uar": 1, "accuracy": 1, "macro_f1": 1, "weighted_f1": 1, "ece": 0}
    )


@given(cases, st.permutations(range(CLASSES)))
def test_the_order_of_the_classes_does_not_matter(
    case: tuple[np.ndarray, np.ndarray], order: list[int]
) -> None:
    renamed = np.array(order)
    before = metrics.confusion(*case, CLASSES)
    after = metrics.confusion(renamed[case[0]], renamed[case[1]], CLASSES)
    for figure in (metrics.uar, metrics.macro_f1, metrics.weighted_f1):
        assert figure(after) == pytest.approx(figure(before))


def test_calibration_error_of_an_honest_and_a_boastful_model() -> None:
    right = np.array([True, True, True, False])
    assert metrics.ece(np.full(4, 0.75), right) == pytest.approx(0)
    assert metrics.ece(np.full(4, 1.0), right) == pytest.approx(0.25)


def test_reliability_bins_by_hand() -> None:
    sure = np.array([0.30, 0.32, 0.95, 1.0])
    found = metrics.reliability(sure, np.array([True, False, True, True]), bins=10)
    assert [(b.n, b.accuracy) for b in found] == [(2, 0.5), (2, 1.0)]
    assert [b.confidence for b in found] == pytest.approx([0.31, 0.975])


@given(
    st.integers(1, 80).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, n, elements=st.floats(0, 1)), arrays(np.bool_, n)
        )
    )
)  # fmt: skip
def test_bins_hold_every_guess_and_the_error_is_between_0_and_1(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    sure, right = case
    bins = metrics.reliability(sure, right)
    assert sum(b.n for b in bins) == len(sure)
    assert sum(b.n * b.accuracy for b in bins) == pytest.approx(right.sum())
    gap = abs(sure.mean() - right.mean())
    assert gap - 1e-9 <= metrics.ece(sure, right) <= 1 + 1e-9  # bins can only find more


def test_coverage_and_accuracy_of_the_surest_by_hand() -> None:
    sure = np.array([0.4, 0.55, 0.8, 0.8, 0.95])
    right = np.array([True, False, True, False, True])
    found = metrics.at_confidence(sure, right, (0.5, 0.8, 0.96))
    assert [(at.confidence, at.n, at.coverage) for at in found] == [
        (0.5, 4, 0.8), (0.8, 3, 0.6), (0.96, 0, 0.0),
    ]  # fmt: skip
    assert [at.accuracy for at in found] == [0.5, pytest.approx(2 / 3), None]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60),
    st.floats(0, 1),
)
def test_who_is_at_least_so_sure_is_counted_one_by_one(
    cases: list[tuple[float, bool]], level: float
) -> None:
    sure, right = np.array([c for c, _ in cases]), np.array([r for _, r in cases])
    everyone, some = metrics.at_confidence(sure, right, (0.0, level))
    assert everyone.n == len(cases)
    assert everyone.coverage == 1
    kept = [r for c, r in cases if c >= level]
    assert some.n == len(kept)
    assert some.coverage == pytest.approx(len(kept) / len(cases))
    assert some.accuracy == (pytest.approx(sum(kept) / len(kept)) if kept else None)


def test_a_metric_that_some_resamples_lack_has_an_interval_over_the_others() -> None:
    def figures(rows: np.ndarray) -> Mapping[str, float]:
        return {"n": float(len(rows)), **({"rare": 1.0} if 0 in rows else {})}

    assert metrics.intervals(figures, 5, draws=50) == {"n": (5, 5), "rare": (1, 1)}


def test_two_classes_rule_neutral_out() -> None:
    probs = np.array([[0.3, 0.6, 0.1], [0.1, 0.7, 0.2]])
    polar = metrics.without_neutral(probs)
    assert polar == pytest.approx(np.array([[0.75, 0, 0.25], [1 / 3, 0, 2 / 3]]))
    assert metrics.class_figures(polar, np.array([0, 2]))["accuracy"] == 1
    assert probs[0, 1] == 0.6  # what came in is as it was


def mean_of(values: np.ndarray):
    def figures(rows: np.ndarray) -> Mapping[str, float]:
        return {"mean": float(values[rows].mean())}

    return figures


def test_an_interval_of_a_mean_is_about_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = metrics.intervals(mean_of(values), 400)["mean"]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_clips_of_few_voices_tell_less_than_as_many_clips_of_many() -> None:
    speakers = [f"s{i // 40}" for i in range(400)]
    values = np.repeat(np.random.default_rng(2).normal(size=10), 40)
    by_clip = metrics.intervals(mean_of(values), 400)["mean"]
    by_voice = metrics.intervals(mean_of(values), 400, speakers)["mean"]
    assert by_voice[1] - by_voice[0] > 3 * (by_clip[1] - by_clip[0])


def test_the_same_data_have_the_same_interval() -> None:
    values = np.random.default_rng(3).normal(size=50)
    speakers = [f"s{i % 7}" for i in range(50)]
    runs = [metrics.intervals(mean_of(values), 50, speakers, draws=50) for _ in range(2)]
    assert runs[0] == runs[1]
