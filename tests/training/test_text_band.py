"""Fitting where a two-class model is neutral."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs SciPy (pip install sentivox[train])")

from sentivox.text.band import Band
from training.text.band import fit_band, log_probs


@pytest.mark.parametrize("truth", [Band(-1.0, 3.0, 0.5), Band(-6.0, 2.0, 2.0), Band(0.1, 0.3, 0.2)])
def test_the_band_that_made_the_labels_is_found(truth: Band) -> None:
    rng = np.random.default_rng(0)
    leads = rng.normal((truth.low + truth.high) / 2, 2 * (truth.high - truth.low), 6000)
    draws = rng.random((6000, 1))
    labels = (draws > np.exp(log_probs(truth, leads)).cumsum(1)[:, :2]).sum(1)
    found = fit_band(leads, labels)
    width = truth.high - truth.low + truth.spread
    assert found.low == pytest.approx(truth.low, abs=0.15 * width)
    assert found.high == pytest.approx(truth.high, abs=0.15 * width)
    assert found.spread == pytest.approx(truth.spread, abs=0.15 * width)
