"""The network of live tone: its frontend, its body, and several of them together."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sentivox.tone.mfcc import CEPSTRA
from sentivox.types import EMOTIONS

CHANNELS = CEPSTRA + 5
"""Input channels of the convolutions: mel bands, energy, and four of pitch."""

FLOOR = 10**-3.5
"""Energies this far (35 dB) below the window's mean power fade out."""

SPREAD = -math.log(FLOOR) / 4
"""Divisor that brings the range from floor to peak to about unit variance."""


def dct_matrix(n: int) -> Tensor:
    """Return the orthonormal DCT-II matrix, shape (n, n).

    Kaldi computes cepstra = log_mel @ matrix.T.
    """
    k = torch.arange(n, dtype=torch.float64)
    rows = torch.cos(math.pi / n * (k[None, :] + 0.5) * k[:, None]) * math.sqrt(2 / n)
    rows[0] /= math.sqrt(2)
    return rows.float()


@dataclass(frozen=True, slots=True)
class Sound:
    """The parts of a batch of feature windows.

    Attributes:
        power: Mel band energies relative to the largest, shape (batch, frames, CEPSTRA).
        octaves: Pitch in octaves above CENTRE_HZ, shape (batch, frames).
        voicing: Degree of periodicity, 0…1, shape (batch, frames).
    """

    power: Tensor
    octaves: Tensor
    voicing: Tensor


Disturbance = Callable[[Sound], Sound]
"""A random change of a batch, used in training."""


class Frontend(nn.Module):
    """Features (batch, frames, DIMS) → inputs of the convolutions (batch, CHANNELS, frames).

    The band energies are divided by the window's mean power, so that gain makes no difference. A
    floor is added, so that noise, coding and rounding far below the speech make almost none. The
    logarithms are centred band by band, so that the microphone's frequency response makes none.
    Further channels are the energy contour, the pitch relative to the window's mean and to a fixed
    pitch, its steps, and voicing. Pitch fades to 0 where the signal is not periodic.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("dct", dct_matrix(CEPSTRA))

    def forward(self, features: Tensor, disturb: Disturbance | None = None) -> Tensor:
        """Normalise each window by itself, after a disturbance if one is given."""
        mel = features[..., :CEPSTRA] @ self.dct
        power = torch.exp(mel - mel.amax(dim=(1, 2), keepdim=True))
        sound = Sound(power, features[..., CEPSTRA], features[..., CEPSTRA + 1])
        if disturb is not None:
            sound = disturb(sound)
        mean = sound.power.mean(dim=(1, 2), keepdim=True)
        bands = torch.log(sound.power / mean + FLOOR) / SPREAD
        energy = torch.log(sound.power.mean(dim=2, keepdim=True) / mean + FLOOR) / SPREAD
        seen = torch.cat([bands, energy], dim=2)
        seen = seen - seen.mean(dim=1, keepdim=True)
        return torch.cat([seen, self._pitch(sound)], dim=2).transpose(1, 2)

    def _pitch(self, sound: Sound) -> Tensor:
        """Return pitch relative to the window's mean and to a fixed pitch, its steps, and voicing.

        Shape (batch, frames, 4).
        """
        sure = (sound.voicing - 0.35).clamp(0.0, 0.4) / 0.4
        # The 1 keeps the mean finite in windows without any voiced frame.
        mean = (sure * sound.octaves).sum(1, keepdim=True) / (sure.sum(1, keepdim=True) + 1)
        step = torch.diff(sound.octaves, dim=1).clamp(-0.3, 0.3)
        step = nn.functional.pad(step * torch.minimum(sure[:, 1:], sure[:, :-1]), (1, 0))
        return torch.stack(
            [
                3 * (sound.octaves - mean) * sure,
                (sound.octaves - 0.5) * sure,  # half an octave up lies between men and women
                8 * step,
                3 * (sound.voicing - 0.5),
            ],
            dim=2,
        )


class Residual(nn.Module):
    """A residual block: two convolutions and a bypass."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(inputs, outputs, 3, stride, dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Conv1d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm1d(outputs),
        )
        same = inputs == outputs and stride == 1
        self.bypass = nn.Identity() if same else nn.Conv1d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, frames) to (batch, outputs, frames / stride)."""
        return torch.relu(self.body(x) + self.bypass(x))


class AttentiveStatistics(nn.Module):
    """Attention-weighted mean and standard deviation over time (Okabe et al., Interspeech 2018)."""

    def __init__(self, channels: int, hidden: int = 32) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv1d(channels, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, frames) to (batch, 2 * channels)."""
        weight = torch.softmax(self.score(x), dim=2)
        mean = (weight * x).sum(dim=2)
        variance = (weight * x * x).sum(dim=2) - mean * mean
        return torch.cat([mean, torch.sqrt(variance.clamp_min(1e-4))], dim=1)


def residual_body(width: int, outputs: int, hidden: int = 32) -> nn.Sequential:
    """Build the layers after the frontend: (batch, CHANNELS, frames) → logits (batch, outputs).

    Args:
        width: Channels of the first layers; the last have 1.5 times as many.
        outputs: Number of logits.
        hidden: Channels inside the attention.
    """
    wide = width * 3 // 2
    return nn.Sequential(
        nn.Conv1d(CHANNELS, width, 5, 2, 2, bias=False),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        Residual(width, width),
        nn.Dropout1d(0.1),
        Residual(width, wide, stride=2),
        nn.Dropout1d(0.1),
        Residual(wide, wide, dilation=2),
        AttentiveStatistics(wide, hidden),
        nn.BatchNorm1d(2 * wide),
        nn.Dropout(0.3),
        nn.Linear(2 * wide, outputs),
    )


class ToneNet(nn.Module):
    """Features (batch, frames, DIMS) → emotion logits (batch, 8). About 0.1 M parameters."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.frontend = Frontend()
        self.body = residual_body(width, len(EMOTIONS))

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits of each window."""
        return self.body(self.frontend(features))


class Committee(nn.Module):
    """Networks whose log-probabilities are averaged."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, frames, DIMS) to logits (batch, 8)."""
        return torch.stack([m(features).log_softmax(dim=1) for m in self.members]).mean(dim=0)
