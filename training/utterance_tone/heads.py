"""From the encoder's steps to sentiment and emotion: a plain mean and an attentive one."""

import torch
from torch import Tensor, nn

from sentivox.types import EMOTIONS, SENTIMENTS

OUTPUTS = len(SENTIMENTS) + len(EMOTIONS)


class Linear(nn.Module):
    """The mean over the steps, then one layer. What it learns holds in other corpora too."""

    def __init__(self, width: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, OUTPUTS))

    def forward(self, steps: Tensor, mask: Tensor) -> Tensor:
        """(batch, n, width) and which steps count, (batch, n) → (batch, OUTPUTS)."""
        return self.out(weighted_mean(steps, mask))


class Attentive(nn.Module):
    """Weighted mean and deviation over the steps (Okabe et al., Interspeech 2018)."""

    def __init__(self, width: int, hidden: int = 96, inner: int = 48, dropout: float = 0.4) -> None:
        super().__init__()
        self.narrow = nn.Sequential(nn.Dropout(0.1), nn.Linear(width, hidden), nn.GELU())
        self.score = nn.Sequential(nn.Linear(hidden, inner), nn.Tanh(), nn.Linear(inner, hidden))
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * hidden, OUTPUTS))

    def forward(self, steps: Tensor, mask: Tensor) -> Tensor:
        """(batch, n, width) and which steps count, (batch, n) → (batch, OUTPUTS)."""
        x = self.narrow(steps)
        weight = (self.score(x) + torch.log(mask.clamp_min(1e-6))[..., None]).softmax(dim=1)
        mean = (weight * x).sum(dim=1)
        variance = (weight * x * x).sum(dim=1) - mean * mean
        return self.out(torch.cat([mean, variance.clamp_min(1e-4).sqrt()], dim=1))


class Heads(nn.Module):
    """Both, their log-probabilities averaged; steps are standardised first.

    Attributes:
        mean, deviation: Of each of the encoder's outputs over what was trained on, (width,).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.linear, self.attentive = Linear(width), Attentive(width)

    def forward(self, steps: Tensor, mask: Tensor) -> Tensor:
        """Steps and which count → log-probabilities of sentiments, then of emotions."""
        each = self.each(steps, mask)
        return (each[0] + each[1]) / 2

    def each(self, steps: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What each head says by itself, as learning needs it."""
        x = self._standardised(steps)
        return log_probs(self.linear(x, mask)), log_probs(self.attentive(x, mask))

    def pooled(self, steps: Tensor, mask: Tensor) -> Tensor:
        """The mean of the standardised steps that count, (batch, width)."""
        return weighted_mean(self._standardised(steps), mask)

    def _standardised(self, steps: Tensor) -> Tensor:
        return ((steps - self.mean) / self.deviation).clamp(-8, 8)


def weighted_mean(steps: Tensor, mask: Tensor) -> Tensor:
    """The mean of the steps that count: (batch, n, width) → (batch, width)."""
    share = mask / mask.sum(dim=1, keepdim=True)
    return (steps * share[..., None]).sum(dim=1)


def log_probs(logits: Tensor) -> Tensor:
    """Sentiments and emotions, normalised apart: (batch, OUTPUTS)."""
    sentiment, emotion = logits.split([len(SENTIMENTS), len(EMOTIONS)], dim=1)
    return torch.cat([sentiment.log_softmax(dim=1), emotion.log_softmax(dim=1)], dim=1)
