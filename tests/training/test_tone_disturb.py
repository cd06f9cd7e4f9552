"""What training does to windows before the network sees them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from sentivox.tone.mfcc import CEPSTRA  # noqa: E402
from training.tone.disturb import Disturber, band_hertz  # noqa: E402
from training.tone.network import Sound  # noqa: E402

STILL = Disturber(warp=0, octaves=0, tilt=(0.0,), telephone=0, noise=0)
"""Changes nothing; each test switches one thing on."""


def flat(batch: int = 64, frames: int = 30) -> Sound:
    """Equal power in every band, voiced, at one pitch."""
    return Sound(
        torch.full((batch, frames, CEPSTRA), 0.5),
        torch.zeros(batch, frames),
        torch.ones(batch, frames),
    )


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_bands_are_mel_spaced_over_the_whole_range() -> None:
    hertz = band_hertz().numpy()
    assert 20 < hertz[0] < 100
    assert 7000 < hertz[-1] < 8000
    mel = 1127 * np.log1p(hertz / 700)
    np.testing.assert_allclose(np.diff(mel), np.diff(mel)[0], rtol=1e-3)


def test_nothing_switched_on_changes_nothing() -> None:
    sound = flat()
    after = STILL(sound)
    torch.testing.assert_close(after.power, sound.power)
    torch.testing.assert_close(after.octaves, sound.octaves)
    torch.testing.assert_close(after.voicing, sound.voicing)


def test_pitch_moves_as_a_whole_and_anew_for_each_window() -> None:
    after = Disturber(warp=0, octaves=0.2, tilt=(0.0,), telephone=0, noise=0)(flat())
    assert after.octaves.std(dim=1).max() == 0
    assert 0.1 < after.octaves[:, 0].std() < 0.3


def test_a_telephone_takes_the_outer_bands_of_some_windows() -> None:
    after = Disturber(warp=0, octaves=0, tilt=(0.0,), telephone=0.5, noise=0)(flat())
    lost = after.power[:, 0] < 1e-3
    assert 0.2 < lost.any(dim=1).float().mean() < 0.8
    hertz = band_hertz()
    assert not lost[:, (hertz > 350) & (hertz < 3100)].any()
    assert lost[lost.any(dim=1)][:, (hertz < 150) | (hertz > 3900)].all()


def test_noise_adds_power_and_hides_voicing() -> None:
    after = Disturber(warp=0, octaves=0, tilt=(0.0,), telephone=0, noise=1.0)(flat())
    assert (after.power > 0.5).all()
    assert (after.voicing < 1).all()
    louder = after.power.mean(dim=(1, 2)) > 0.75
    assert after.voicing[louder].mean() < after.voicing[~louder].mean()


def test_warping_moves_bands_and_keeps_a_flat_spectrum_flat() -> None:
    warp = Disturber(warp=0.06, octaves=0, tilt=(0.0,), telephone=0, noise=0)
    torch.testing.assert_close(warp(flat()).power, flat().power)
    peaked = flat()
    peaked.power[..., 20] = 5.0
    places = warp(peaked).power[:, 0].argmax(dim=1)
    assert len(set(places.tolist())) > 3
