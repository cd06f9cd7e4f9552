"""The network of the speech model, and its training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sentivox.types import FloatArray
from training.speech.sounds import KEYWORDS, Sound
from training.tone.disturb import Disturber
from training.tone.fit import hide_bands, hide_time, mixed
from training.tone.network import Frontend, residual_body

SPEECH_SHARE = {"calls": 0.35, "meetings": 0.15, "acted": 0.35, KEYWORDS: 0.15}
"""Source of speech -> its share of the speech that is drawn."""

TWICE = frozenset({"Person_sneeze", "Dog_bark", "Rooster", "Baby_cry", "Chainsaw", "tunes"})
"""Classes of noise that are drawn twice as often as others: those that resemble a voice, and so are
most of what voice activity detection takes for speech, and tunes."""


class SpeechNet(nn.Module):
    """Features (batch, frames, DIMS) → logits (batch,) of being speech. 26 k parameters."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.frontend = Frontend()
        self.body = nn.Sequential(*residual_body(width, 1, hidden=16), nn.Flatten(0))

    def forward(self, features: Tensor) -> Tensor:
        """Return the logit of each item of the batch."""
        return self.body(self.frontend(features))


class Committee(nn.Module):
    """The ensemble that ships: the sigmoid of the mean logit of networks with different seeds."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, frames, DIMS) to probabilities of speech (batch,)."""
        return torch.sigmoid(torch.stack([m(features) for m in self.members]).mean(dim=0))


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters of the training.

    The number of steps was chosen on folds 1, 3 and 5 of ESC-10 and on speakers left out. Nothing
    else was chosen by a measurement.

    Attributes:
        steps: Number of batches.
        batch: Sounds in a batch, half of them speech.
        rate: Highest learning rate.
        decay: Weight decay of AdamW.
        seconds: Shortest and longest crop; each batch has one length.
        words: The same for single words and equally short noises.
        short: Share of batches that consist of those.
        smoothing: Label smoothing: labels are smoothing / 2 and 1 - smoothing / 2.
        mixup: Shape of the beta distribution with which half of the batches are mixed.
        memory: Decay per step of the running average of the weights.
    """

    steps: int = 1200
    batch: int = 64
    rate: float = 3e-3
    decay: float = 2e-2
    seconds: tuple[float, float] = (0.4, 2.5)
    words: tuple[float, float] = (0.75, 1.25)
    short: float = 0.4
    smoothing: float = 0.05
    mixup: float = 0.3
    memory: float = 0.98


class Pool:
    """Sounds to draw from: speech by the shares of its sources, noise by its classes."""

    def __init__(self, sounds: Sequence[Sound]) -> None:
        self._groups: dict[str, list[FloatArray]] = {}
        for sound in sounds:
            self._groups.setdefault(sound.kind, []).append(sound.frames)
        self._speech = [k for k in SPEECH_SHARE if k in self._groups]
        share = np.array([SPEECH_SHARE[k] for k in self._speech])
        self._share = share / share.sum()
        noise = sorted(self._groups.keys() - SPEECH_SHARE.keys())
        self._noise = [k for k in noise for _ in range(2 if k in TWICE else 1)]

    def draw(self, half: int, rng: np.random.Generator) -> list[FloatArray]:
        """Draw `half` sounds of speech, then as many noises; each of shape (frames, DIMS)."""
        kinds = [*rng.choice(self._speech, half, p=self._share), *rng.choice(self._noise, half)]
        groups = [self._groups[kind] for kind in kinds]
        return [group[rng.integers(len(group))] for group in groups]


class Drawer:
    """Draws batches, half speech and half noise."""

    def __init__(self, sounds: Sequence[Sound], plan: Plan, seed: int) -> None:
        short = [sound for sound in sounds if sound.short]
        self._long = Pool([sound for sound in sounds if not sound.short])
        self._short = Pool(short) if short else None
        self._plan = plan
        self._rng = np.random.default_rng(seed)

    def __call__(self) -> tuple[Tensor, Tensor]:
        """Return the next batch: features (batch, frames, DIMS), labels (batch,), 1 for speech."""
        half = self._plan.batch // 2
        pool, seconds = self._long, self._plan.seconds
        if self._short is not None and self._rng.random() < self._plan.short:
            pool, seconds = self._short, self._plan.words
        frames = int(100 * self._rng.uniform(*seconds))
        crops = np.stack([self._crop(one, frames) for one in pool.draw(half, self._rng)])
        return torch.from_numpy(crops), torch.tensor([1.0] * half + [0.0] * half)

    def _crop(self, source: FloatArray, frames: int) -> FloatArray:
        start = self._rng.integers(max(1, len(source) - frames + 1))
        return source.take(start + np.arange(frames), axis=0, mode="wrap")


def committee(sounds: Sequence[Sound], seeds: Sequence[int], plan: Plan) -> Committee:
    """Train one network for each seed; return their ensemble in evaluation mode."""
    return Committee([fit(sounds, seed, plan) for seed in seeds]).eval()


def fit(sounds: Sequence[Sound], seed: int, plan: Plan) -> SpeechNet:
    """Train a network on these sounds; return it with averaged weights."""
    torch.manual_seed(seed)
    net, draw, disturb = SpeechNet(), Drawer(sounds, plan, seed), Disturber(telephone=0.3)
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(plan.memory), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=plan.decay)
    schedule = OneCycleLR(optimiser, plan.rate, plan.steps, pct_start=0.2)
    net.train()
    for _ in range(plan.steps):
        features, label = draw()
        with torch.no_grad():
            seen = hide_bands(hide_time(net.frontend(features, disturb), 0.15))
            seen, label = mixed(seen, label, plan.mixup)
        target = label * (1 - plan.smoothing) + plan.smoothing / 2
        loss = F.binary_cross_entropy_with_logits(net.body(seen), target)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(net)
    return average.module
