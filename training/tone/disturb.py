"""Changes batches of windows where it is cheap: in the mel bands, anew each time.

Waveforms are spoilt beforehand (`training.tone.augment`), a few copies of each; what can be said in
bands is drawn without end: other vocal tracts and pitches, other microphones, telephone bands, and
noise.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sentivox.tone.mfcc import CEPSTRA, HIGH_HZ, LOW_HZ
from training.tone.network import Sound


def band_hertz() -> Tensor:
    """Centre of each mel band in Hz, as Kaldi lays them out; shape (CEPSTRA,)."""
    low, high = (1127 * math.log1p(hertz / 700) for hertz in (LOW_HZ, HIGH_HZ))
    return 700 * torch.expm1(torch.linspace(low, high, CEPSTRA + 2)[1:-1] / 1127)


_HERTZ = band_hertz()
_VOICED = slice(2, 14)
"""Bands that pitch is found in, about 100 to 1000 Hz."""


@dataclass(frozen=True, slots=True)
class Disturber:
    """Disturbs each window of a batch in its own way; random numbers are PyTorch's global ones.

    Attributes:
        warp: deviation of the frequency axis's stretch: vocal tracts of other lengths.
        octaves: deviation of a shift of the pitch: other voices.
        tilt: deviations of random cosines over the bands, in nepers of power: an equaliser.
        telephone: share of windows that lose what is outside a telephone's band.
        noise: share of windows that get noise, at an even chance of 2 to 32 dB.
    """

    warp: float = 0.06
    octaves: float = 0.15
    tilt: tuple[float, ...] = (0.54, 0.42, 0.3, 0.18)
    telephone: float = 0.2
    noise: float = 0.5

    def __call__(self, sound: Sound) -> Sound:
        """A disturbed copy."""
        power = self._coloured(self._warped(sound.power))
        power = self._narrowed(power)
        shift = self.octaves * torch.randn(len(power), 1)
        return self._noisy(Sound(power, sound.octaves + shift, sound.voicing))

    def _warped(self, power: Tensor) -> Tensor:
        batch, frames, bands = power.shape
        stretch = (1 + self.warp * torch.randn(batch, 1)).clamp(0.8, 1.25)
        shift = 8 * self.warp * torch.randn(batch, 1)
        at = (torch.arange(bands) * stretch + shift).clamp(0, bands - 1.001)
        below = at.long()
        part = (at - below)[:, None]
        index = below[:, None].expand(batch, frames, bands)
        log = torch.log(power + 1e-9)
        return torch.exp(log.gather(2, index) * (1 - part) + log.gather(2, index + 1) * part)

    def _coloured(self, power: Tensor) -> Tensor:
        order = torch.arange(1, len(self.tilt) + 1)[:, None]
        cosines = torch.cos(order * torch.arange(CEPSTRA) * math.pi / CEPSTRA)
        curve = (torch.randn(len(power), len(self.tilt)) * torch.tensor(self.tilt)) @ cosines
        return power * torch.exp(curve)[:, None]

    def _narrowed(self, power: Tensor) -> Tensor:
        low = 150 + 200 * torch.rand(len(power), 1)
        high = 3100 + 800 * torch.rand(len(power), 1)
        lost = (low > _HERTZ) | (high < _HERTZ)
        lost &= torch.rand(len(power), 1) < self.telephone
        return torch.where(lost[:, None], power * 1e-6, power)

    def _noisy(self, sound: Sound) -> Sound:
        """Coloured noise that swells a little; it hides voicing as far as it is louder."""
        batch, frames, bands = sound.power.shape
        slope = 2.5 * torch.rand(batch, 1) - 0.5
        colour = (_HERTZ / 1000) ** -slope * torch.exp(0.5 * torch.randn(batch, bands))
        colour = colour / colour.mean(dim=1, keepdim=True)
        level = 10 ** -(0.2 + 3 * torch.rand(batch, 1)) * (torch.rand(batch, 1) < self.noise)
        level = level * sound.power.mean(dim=(1, 2))[:, None]
        swell = 0.3 * torch.randn(batch, frames, 1) + 0.25 * torch.randn(batch, frames, bands)
        noise = (colour * level)[:, None] * torch.exp(swell)
        voice = sound.power[..., _VOICED].sum(dim=2)
        share = voice / (voice + noise[..., _VOICED].sum(dim=2) + 1e-9)
        return Sound(sound.power + noise, sound.octaves, sound.voicing * share)
