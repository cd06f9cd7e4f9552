"""Fitting: the solver against scikit-learn, and fits to opinions whose truth we made."""

import dataclasses

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.evaluation.choose import DEFAULT, FITTERS, choose_rule, cross_validate, folds
from sentivox.evaluation.fit import (
    PRECISION,
    Labelled,
    fit_logistic,
    fit_loglinear,
    fit_modalities,
    fit_temperatures,
)
from sentivox.evaluation.logit import Prior, fit_weights
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all, normalise_log_probs
from sentivox.fusion.opinion import SourceOpinions

seeds = st.integers(0, 2**32 - 1)
DEAF = Calibration().revised("text", weight=0.0)


def prior_of(m: int, precision: float = 1.0, least: float = -np.inf) -> Prior:
    return Prior(np.zeros(m), np.full(m, precision), np.full(m, least))


def drawn(log_probs, rng):
    """Labels drawn from probabilities, shape (n, 3): they are right about how sure they are."""
    cumulated = np.exp(log_probs).cumsum(axis=1)
    return (rng.random((len(log_probs), 1)) * cumulated[:, -1:] > cumulated).sum(axis=1)


def opinions(n: int, seed: int, truth: Calibration | None = None) -> Labelled:
    """n utterances of 6 speakers whose labels follow `truth`'s fusion of two random opinions."""
    rng = np.random.default_rng(seed)

    def modality() -> SourceOpinions:
        log_probs = normalise_log_probs(rng.normal(0, 1.5, (n, 3)))
        return SourceOpinions(log_probs, rng.uniform(0.3, 0.9, n), np.ones(n, bool))

    evidence = {"text": modality(), "tone": modality()}
    labels = drawn(fuse_all(evidence, truth or Calibration()), rng)
    return Labelled(evidence, labels, rng.integers(0, 6, n))


def distorted(data: Labelled, temperature: float) -> Labelled:
    """The same utterances judged by a voice model that is too sure of itself, or too shy."""
    tone = data.evidence["tone"]
    tone = dataclasses.replace(tone, log_probs=normalise_log_probs(tone.log_probs / temperature))
    return dataclasses.replace(data, evidence={**data.evidence, "tone": tone})


@pytest.mark.parametrize("precision", [0.3, 3.0])
def test_the_solver_agrees_with_scikit_learn(precision):
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(3)
    features = rng.normal(size=(400, 2, 5))
    difference = features[:, 1] - features[:, 0]
    labels = (difference @ [1.0, -2.0, 0.5, 0.0, 0.3] + rng.logistic(size=400) > 0).astype(int)
    theirs = linear.LogisticRegression(C=1 / precision, fit_intercept=False, tol=1e-10)
    theirs.fit(difference, labels)
    ours = fit_weights(features, labels, prior_of(5, precision))
    assert np.allclose(ours, theirs.coef_[0], atol=1e-5)


@given(seeds, st.floats(0.1, 10))
def test_no_other_weights_are_likelier(seed, precision):
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(60, 3, 4)), rng.integers(0, 3, 60)
    prior = prior_of(4, precision, least=-0.1)

    def loss(weights):
        logits = features @ weights
        own = logits[np.arange(60), labels]
        return (np.log(np.exp(logits).sum(1)) - own).sum() + precision * weights @ weights / 2

    best = fit_weights(features, labels, prior)
    assert (best >= -0.1).all()
    for _ in range(20):
        other = np.maximum(best + rng.normal(0, 0.05, 4), -0.1)
        assert loss(best) <= loss(other) + 1e-6


def test_without_data_the_prior_stands():
    prior = Prior(np.array([1.0, 0.2]), np.ones(2), np.full(2, -np.inf))
    weights = fit_weights(np.empty((0, 3, 2)), np.empty(0, int), prior)
    assert np.allclose(weights, prior.mean)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperatures_undo_what_spoilt_the_opinions(temperature):
    data = opinions(4000, 0, truth=msgspec.structs.replace(DEAF, adaptive=False))
    fitted = fit_temperatures(distorted(data, 1 / temperature))
    assert fitted.of("tone").temperature == pytest.approx(temperature, rel=0.1)
    assert fitted.of("text").temperature > 3  # it has nothing to do with the labels
    assert fitted.of("tone").bias == (0.0, 0.0, 0.0)


def test_class_biases_take_up_how_common_each_class_is():
    data = opinions(4000, 1, truth=DEAF.revised("tone", bias=(1.0, 0.0, -1.0)))
    bias = np.array(fit_modalities(data).of("tone").bias)
    assert np.allclose(bias - bias.mean(), (1.0, 0.0, -1.0), atol=0.15)


LOGLINEAR = (
    Calibration(sharpness=2.4, bias=(0.5, 0.0, -0.5))
    .revised("text", weight=0.25)
    .revised("tone", weight=0.75, temperature=1.5)
)
LOGISTIC = (
    Calibration(rule="logistic", bias=(0.5, 0.0, -0.5))
    .revised("text", slopes=(0.4, 0.3, 0.5))
    .revised("tone", slopes=(1.4, 1.2, 1.3), temperature=1.5)
)


@pytest.mark.parametrize(("fit", "truth"), [(fit_loglinear, LOGLINEAR), (fit_logistic, LOGISTIC)])
def test_a_fitted_rule_comes_close_to_the_rule_that_made_the_labels(fit, truth):
    fitted = fit(opinions(3000, 2, truth=truth))
    fresh = opinions(3000, 3, truth=truth)

    def loss(how):
        rows = np.arange(len(fresh.labels))
        return -fuse_all(fresh.evidence, how)[rows, fresh.labels].mean()

    assert loss(fitted) < loss(Calibration()) - 0.01
    # Temperatures are fitted to each source alone, and move the bounds of the fused score.
    assert loss(fitted) < loss(truth) + 0.04


def test_few_utterances_leave_the_default_nearly_alone():
    few = fit_logistic(opinions(6, 4))
    usual = Calibration().sharpness / 2
    assert np.allclose(few.of("text").slopes + few.of("tone").slopes, usual, atol=3 / PRECISION)
    assert np.allclose(few.bias, 0, atol=3 / PRECISION)


@pytest.mark.parametrize("fit", FITTERS.values(), ids=FITTERS)
@pytest.mark.parametrize("missing", ["text", "tone"])
def test_where_a_modality_is_missing_throughout_the_other_is_still_fitted(fit, missing):
    data = opinions(200, 5)
    none = SourceOpinions.of([None] * 200)
    data = dataclasses.replace(data, evidence={**data.evidence, missing: none})
    fitted = fit(data)
    assert fitted.of(missing).temperature == 1.0
    assert np.isfinite(fuse_all(data.evidence, fitted)).all()


@given(st.lists(st.integers(0, 9), min_size=2, max_size=80).filter(lambda g: len(set(g)) > 1))
def test_folds_cover_everything_once_and_cut_no_speaker_in_two(groups):
    n = len(groups)
    nobody = SourceOpinions.of([None] * n)
    data = Labelled({"text": nobody, "tone": nobody}, np.zeros(n, int), np.array(groups))
    parts = folds(data)
    assert np.array_equal(np.sum(parts, axis=0), np.ones(n))
    assert all(part.any() for part in parts)
    assert len(parts) == min(5, len(set(groups)))
    for speaker in set(groups):
        assert sum(bool(part[data.groups == speaker].any()) for part in parts) == 1


def test_recordings_without_speakers_are_dealt_out_class_by_class():
    nobody = SourceOpinions.of([None] * 100)
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    parts = folds(Labelled({"text": nobody, "tone": nobody}, labels, np.arange(100)))
    assert [np.bincount(labels[part]).tolist() for part in parts] == [[10, 6, 4]] * 5


def test_what_is_right_already_is_left_alone_and_what_is_not_is_mended():
    fine = choose_rule(opinions(400, 6))
    assert (fine.name, fine.calibration, fine.beats_default) == (DEFAULT, Calibration(), False)
    spoilt = choose_rule(distorted(opinions(400, 6), 0.25))
    assert spoilt.name != DEFAULT
    assert spoilt.beats_default
    assert spoilt.trials[spoilt.name].figures["ece"] < spoilt.trials[DEFAULT].figures["ece"]
    forced = choose_rule(opinions(400, 6), force=True)
    assert forced.name != DEFAULT
    assert not forced.beats_default


def test_a_trial_judges_each_utterance_by_a_fit_that_did_not_see_it():
    data = opinions(60, 7)
    seen = []

    def spy(train):
        seen.append(len(train.labels))
        return Calibration()

    trial = cross_validate(data, spy)
    assert seen == [60 - int(part.sum()) for part in folds(data)]
    assert np.allclose(trial.log_probs, fuse_all(data.evidence, Calibration()))
