"""Random augmentation of feature windows in the mel bands, drawn anew for every batch.

Waveforms are distorted beforehand (`training.tone.augment`), in a few copies of each. Changes in
the mel bands are cheap enough to be drawn for every batch: other vocal tracts and pitches, other
microphones, telephone bands, and noise.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sentivox.tone.mfcc import CEPSTRA, HIGH_HZ, LOW_HZ
from training.tone.network import Sound


def band_hertz() -> Tensor:
    """Return the centre of each of Kaldi's mel bands in Hz, shape (CEPSTRA,)."""
    low, high = (1127 * math.log1p(hertz / 700) for hertz in (LOW_HZ, HIGH_HZ))
    return 700 * torch.expm1(torch.linspace(low, high, CEPSTRA + 2)[1:-1] / 1127)


_HERTZ = band_hertz()
_VOICED = slice(2, 14)
"""The bands that decide about voicing, about 100 to 1000 Hz."""


@dataclass(frozen=True, slots=True)
class Disturber:
    """Changes each window of a batch at random, with PyTorch's global random numbers.

    Attributes:
        warp: Standard deviation of the stretch of the frequency axis (vocal tract length).
        octaves: Standard deviation of the shift of the pitch, in octaves.
        tilt: Standard deviations of random cosines over the bands, in nepers of power (equaliser).
        telephone: Share of windows that are limited to a telephone's band.
        noise: Share of windows that get noise, at a ratio drawn evenly from 2 to 32 dB.
    """

    warp: float = 0.06
    octaves: float = 0.15
    tilt: tuple[float, ...] = (0.54, 0.42, 0.3, 0.18)
    telephone: float = 0.2
    noise: float = 0.5

    def __call__(self, sound: Sound) -> Sound:
        """Return a changed copy."""
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
        """Add coloured noise of varying level, and reduce voicing as far as the noise is louder."""
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
