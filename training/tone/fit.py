"""Train one network."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sentivox.tone.mfcc import CEPSTRA
from sentivox.types import SENTIMENTS
from training.tone.disturb import Disturber
from training.tone.sampling import Sampler
from training.tone.scoring import TO_SENTIMENT

log = logging.getLogger(__name__)

MEMBERS = torch.from_numpy(TO_SENTIMENT[:, None] == np.arange(len(SENTIMENTS))).float()
"""1 where an emotion (row) counts towards a sentiment (column), shape (8, 3)."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Hyperparameters of the training.

    Attributes:
        epochs: Number of epochs.
        rate: Highest learning rate.
        decay: Weight decay of AdamW.
        look: Epochs between two measurements on the development speakers.
        memory: Decay per step of the running average of the weights.
        hidden: Largest share of a crop that is masked.
        mixup: Shape of the beta distribution with which half of the batches are mixed.
        smoothing: Probability that is spread over all emotions (label smoothing).
        sentiment: Weight of the loss on sentiments, relative to that on emotions.
        taught: Weight of the teachers' opinion in the target, if there are teachers.
    """

    epochs: int = 40
    rate: float = 3e-3
    decay: float = 2e-2
    look: int = 5
    memory: float = 0.99
    hidden: float = 0.15
    mixup: float = 0.3
    smoothing: float = 0.1
    sentiment: float = 0.5
    taught: float = 0.7


class Trainer:
    """Trains one network; `average` has the running average of its weights, which is the result.

    Args:
        net: Trained in place; has a `frontend` and a `body`.
        batches: One pass is an epoch.
        config: Hyperparameters.
        teachers: Networks in evaluation mode, to learn from besides the labels.
    """

    def __init__(
        self,
        net: nn.Module,
        batches: Sampler,
        config: FitConfig,
        teachers: Sequence[nn.Module] = (),
    ) -> None:
        self.average = AveragedModel(
            net, multi_avg_fn=get_ema_multi_avg_fn(config.memory), use_buffers=True
        )
        self._net = net
        self._batches = batches
        self._config = config
        self._teachers = teachers
        self._disturb = Disturber()
        self._optimiser = torch.optim.AdamW(
            net.parameters(), lr=config.rate, weight_decay=config.decay
        )
        self._schedule = OneCycleLR(
            self._optimiser, config.rate, config.epochs * len(batches), pct_start=0.2
        )

    def epoch(self) -> float:
        """Train for one epoch; return the mean loss."""
        self._net.train()
        losses = [self._step(x, y) for x, y in self._batches]
        return sum(losses) / len(losses)

    def _step(self, x: Tensor, y: Tensor) -> float:
        with torch.no_grad():
            seen, target = mixed(self._net.frontend(x, self._disturb), y, self._config.mixup)
            target = self._taught(seen, target)
            seen = hide_bands(hide_time(seen, self._config.hidden))
        with torch.autocast("cpu", torch.bfloat16):  # half the time, with CPU support
            logits = self._net.body(seen)
        loss = self._loss(logits.float(), target)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._net.parameters(), 2.0)
        self._optimiser.step()
        self._schedule.step()
        self.average.update_parameters(self._net)
        return loss.item()

    def _taught(self, seen: Tensor, y: Tensor) -> Tensor:
        """Return the targets: smoothed labels, mixed with the opinion of any teachers."""
        labels = (1 - self._config.smoothing) * y + self._config.smoothing / y.shape[1]
        if not self._teachers:
            return labels
        with torch.autocast("cpu", torch.bfloat16):
            said = [torch.softmax(net.body(seen).float(), dim=1) for net in self._teachers]
        opinion = torch.stack(said).mean(dim=0)
        return self._config.taught * opinion + (1 - self._config.taught) * labels

    def _loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy over emotions plus that over the sentiments they sum to."""
        log_probs = torch.log_softmax(logits, dim=1)
        emotion = -(target * log_probs).sum(dim=1)
        summed = (log_probs.exp() @ MEMBERS).clamp_min(1e-6)
        log_sentiments = torch.log(summed / summed.sum(dim=1, keepdim=True))
        sentiment = -((target @ MEMBERS) * log_sentiments).sum(dim=1)
        return (emotion + self._config.sentiment * sentiment).mean()


@dataclass(frozen=True, slots=True)
class Look:
    """A point of the learning curve: epoch, mean loss, and the figure on development speakers."""

    epoch: int
    loss: float
    dev: float


def fit(
    net: nn.Module,
    batches: Sampler,
    config: FitConfig,
    judge: Callable[[nn.Module], float] | None = None,
    teachers: Sequence[nn.Module] = (),
) -> tuple[nn.Module, list[Look]]:
    """Train for a fixed number of epochs; no epoch is selected by its score.

    Args:
        net: Trained in place.
        batches: One pass is an epoch.
        config: Hyperparameters.
        judge: Figure on development speakers, larger is better; only recorded.
        teachers: Networks in evaluation mode; their mean opinion is learnt besides the labels
            (Hinton et al. 2015, arXiv:1503.02531).

    Returns:
        The network with averaged weights, in evaluation mode, and the learning curve.
    """
    trainer = Trainer(net, batches, config, teachers)
    curve: list[Look] = []
    for epoch in range(1, config.epochs + 1):
        loss = trainer.epoch()
        if judge is not None and (epoch % config.look == 0 or epoch == config.epochs):
            curve.append(Look(epoch, loss, judge(trainer.average.module.eval())))
            log.info("epoch %d loss %.3f dev %.3f", epoch, loss, curve[-1].dev)
    return trainer.average.module.eval(), curve


def mixed(seen: Tensor, target: Tensor, shape: float) -> tuple[Tensor, Tensor]:
    """Apply mixup to every second batch on average (Zhang et al. 2018, arXiv:1710.09412).

    Args:
        seen: Inputs of the network, shape (batch, ...).
        target: Targets, shape (batch, ...).
        shape: Both parameters of the beta distribution of the shares; 0 mixes nothing.
    """
    if shape <= 0 or torch.rand(()) < 0.5:
        return seen, target
    share = torch.distributions.Beta(torch.tensor(shape), torch.tensor(shape)).sample()
    order = torch.randperm(len(target))
    return (
        share * seen + (1 - share) * seen[order],
        share * target + (1 - share) * target[order],
    )


def hide_time(x: Tensor, share: float) -> Tensor:
    """Mask one span of up to `share` of the frames of each clip (SpecAugment)."""
    frames = x.shape[2]
    width = (torch.rand(len(x), 1, 1) * share * frames).long()
    start = (torch.rand(len(x), 1, 1) * (frames - width)).long()
    place = torch.arange(frames)[None, None]
    return x.masked_fill((place >= start) & (place < start + width), 0.0)


def hide_bands(x: Tensor, widest: int = 8) -> Tensor:
    """Mask up to `widest` - 1 neighbouring bands in half of the clips (SpecAugment)."""
    width = (torch.rand(len(x), 1, 1) * widest).long() * (torch.rand(len(x), 1, 1) < 0.5)
    start = (torch.rand(len(x), 1, 1) * (CEPSTRA - width)).long()
    place = torch.arange(x.shape[1])[None, :, None]
    return x.masked_fill((place >= start) & (place < start + width), 0.0)
