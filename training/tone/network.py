"""The networks: what they see, the one that ships, and the blueprint's as a baseline."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sentivox.tone.features import DIMS
from sentivox.types import EMOTIONS


def dct_matrix(n: int) -> Tensor:
    """Orthonormal DCT-II, shape (n, n): cepstra = log_mel @ matrix.T, as Kaldi computes them."""
    k = torch.arange(n, dtype=torch.float64)
    rows = torch.cos(math.pi / n * (k[None, :] + 0.5) * k[:, None]) * math.sqrt(2 / n)
    rows[0] /= math.sqrt(2)
    return rows.float()


@dataclass(frozen=True, slots=True)
class FrontendConfig:
    """How a window of MFCC is normalised.

    Attributes:
        floor_db: energies this far below the window's mean power fade into a floor.
        centre: how much of each band's mean over the window is taken away, 0…1.
    """

    floor_db: float = 35.0
    centre: float = 1.0


class Frontend(nn.Module):
    """MFCC (batch, frames, DIMS) → log mel over the window's own power (batch, DIMS, frames).

    Dividing by the mean power makes the result independent of gain; adding a floor to the energies
    makes it (nearly) independent of noise, coding and rounding that far below the speech.
    """

    def __init__(self, config: FrontendConfig) -> None:
        super().__init__()
        self.centre = config.centre
        self.floor = 10 ** (-config.floor_db / 10)
        self.register_buffer("dct", dct_matrix(DIMS))
        self.spread = -math.log(self.floor) / 4  # brings floor…peak to about unit variance

    def forward(self, mfcc: Tensor) -> Tensor:
        """Normalise each window by itself."""
        mel = mfcc @ self.dct
        peak = mel.amax(dim=(1, 2), keepdim=True)
        power = torch.exp(mel - peak)
        mel = torch.log(power / power.mean(dim=(1, 2), keepdim=True) + self.floor)
        mel = (mel - math.log(self.floor) / 2) / self.spread
        if self.centre:
            mel = mel - self.centre * mel.mean(dim=1, keepdim=True)
        return mel.transpose(1, 2)


class Residual(nn.Module):
    """Two convolutions and a way round them."""

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
        """(batch, inputs, frames) → (batch, outputs, frames / stride)."""
        return torch.relu(self.body(x) + self.bypass(x))


class AttentiveStatistics(nn.Module):
    """Weighted mean and deviation over time (Okabe et al., Interspeech 2018)."""

    def __init__(self, channels: int, hidden: int = 32) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv1d(channels, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, frames) → (batch, 2 * channels)."""
        weight = torch.softmax(self.score(x), dim=2)
        mean = (weight * x).sum(dim=2)
        variance = (weight * x * x).sum(dim=2) - mean * mean
        return torch.cat([mean, torch.sqrt(variance.clamp_min(1e-4))], dim=1)


class ToneNet(nn.Module):
    """MFCC (batch, frames, DIMS) → emotion logits (batch, 8). About 0.1 M parameters."""

    def __init__(self, config: FrontendConfig | None = None, width: int = 48) -> None:
        super().__init__()
        wide = width * 3 // 2
        self.frontend = Frontend(config or FrontendConfig())
        self.body = nn.Sequential(
            nn.Conv1d(DIMS, width, 5, 2, 2, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            Residual(width, width),
            nn.Dropout1d(0.1),
            Residual(width, wide, stride=2),
            nn.Dropout1d(0.1),
            Residual(wide, wide, dilation=2),
            AttentiveStatistics(wide),
            nn.BatchNorm1d(2 * wide),
            nn.Dropout(0.3),
            nn.Linear(2 * wide, len(EMOTIONS)),
        )

    def forward(self, mfcc: Tensor) -> Tensor:
        """Logits of each window."""
        return self.body(self.frontend(mfcc))


class BlueprintNet(nn.Module):
    """The original specification's network: Conv64, pool, Conv128, global average, dense."""

    def __init__(self, config: FrontendConfig | None = None) -> None:
        super().__init__()
        self.frontend = Frontend(config or FrontendConfig())
        self.body = nn.Sequential(
            nn.Conv1d(DIMS, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(128, len(EMOTIONS)),
        )

    def forward(self, mfcc: Tensor) -> Tensor:
        """Logits of each window."""
        return self.body(self.frontend(mfcc))
