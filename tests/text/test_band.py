"""How a two-class model's lead becomes three probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.band import Band

bands = st.builds(
    lambda low, width, spread: Band(low, low + width, spread),
    st.floats(-5, 5), st.floats(0.01, 10), st.floats(0.05, 5),
)  # fmt: skip


@given(bands, st.floats(-500, 500))
def test_it_is_a_distribution_and_mirrors(band: Band, lead: float) -> None:
    logs = band.read(lead)
    assert np.isfinite(logs).all()
    assert np.exp(logs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-4)
    mirrored = Band(-band.high, -band.low, band.spread).read(-lead)
    np.testing.assert_allclose(mirrored, logs[::-1], rtol=1e-5, atol=1e-5)


@given(bands, st.floats(-50, 50), st.floats(0.01, 10))
def test_a_greater_lead_is_never_less_positive(band: Band, lead: float, more: float) -> None:
    def score(x: float) -> float:
        negative, _, positive = np.exp(band.read(x).astype(np.float64))
        return float(positive - negative)

    assert score(lead + more) >= score(lead) - 1e-6


@given(bands)
def test_its_edges_are_where_a_class_is_as_likely_as_not(band: Band) -> None:
    assert np.exp(band.read(band.low)[0]) == pytest.approx(0.5, abs=1e-4)
    assert np.exp(band.read(band.high)[2]) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("numbers", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (0.0, 1.0, 0.0)])
def test_what_is_no_band_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="low < high and spread > 0"):
        Band(*numbers)
