"""Train one network."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sentivox.tone.mfcc import CEPSTRA
from sentivox.tone.sentiment import SENTIMENT_OF
from sentivox.types import EMOTIONS, SENTIMENTS
from training.tone.disturb import Disturber
from training.tone.network import ToneNet
from training.tone.sampling import Sampler

MEMBERS = torch.tensor([[SENTIMENT_OF.get(e) == s for s in SENTIMENTS] for e in EMOTIONS]).float()
"""1 where an emotion (row) counts towards a sentiment (column), shape (8, 3)."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Hyperparameters of the training.

    Attributes:
        epochs: Number of epochs.
        rate: Highest learning rate.
        decay: Weight decay of AdamW.
        memory: Decay per step of the running average of the weights.
        hidden: Largest share of a crop that is masked.
        mixup: Shape of the beta distribution with which half of the batches are mixed.
        sentiment: Weight of the loss on sentiments, relative to that on emotions.
    """

    epochs: int = 180
    rate: float = 4e-3
    decay: float = 2e-2
    memory: float = 0.99
    hidden: float = 0.15
    mixup: float = 0.3
    sentiment: float = 0.5


def fit(batches: Sampler, config: FitConfig, seed: int) -> ToneNet:
    """Train a network for a fixed number of epochs; none is selected by its score.

    Args:
        batches: One pass is an epoch.
        config: Hyperparameters.
        seed: Of the weights and of what is drawn.

    Returns:
        The network with averaged weights, in evaluation mode.
    """
    torch.manual_seed(seed)
    net, disturb = ToneNet().train(), Disturber()
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(config.memory), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=config.rate, weight_decay=config.decay)
    schedule = OneCycleLR(optimiser, config.rate, config.epochs * len(batches), pct_start=0.2)
    for _ in range(config.epochs):
        for features, said in batches:
            with torch.no_grad():
                seen, target = mixed(net.frontend(features, disturb), said, config.mixup)
                seen = hide_bands(hide_time(seen, config.hidden))
            with torch.autocast("cpu", torch.bfloat16):  # half the time, with CPU support
                logits = net.body(seen)
            loss = distance(logits.float(), target, config.sentiment)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.update_parameters(net)
    return average.module.eval()


def distance(logits: Tensor, target: Tensor, sentiment: float) -> Tensor:
    """Mean cross-entropy of emotions, plus that of the sentiments that they sum to.

    Args:
        logits: Of emotions, (batch, 8).
        target: Distributions over sentiments and over emotions, (batch, 3 + 8).
        sentiment: Weight of the second part.
    """
    sentiments, emotions = target.split([len(SENTIMENTS), len(EMOTIONS)], dim=1)
    log_probs = torch.log_softmax(logits, dim=1)
    summed = (log_probs.exp() @ MEMBERS).clamp_min(1e-6)
    log_sentiments = torch.log(summed / summed.sum(dim=1, keepdim=True))
    apart = (emotions * log_probs).sum(dim=1) + sentiment * (sentiments * log_sentiments).sum(dim=1)
    return -apart.mean()


def taught(labels: Tensor, opinion: Tensor, share: float) -> Tensor:
    """Labels mixed with a teacher's opinion, which stands alone where there is no label.

    Hinton et al. 2015, arXiv:1503.02531.

    Args:
        labels: Distributions over sentiments and over emotions, (clips, 3 + 8), each all zero where
            a clip has no such label.
        opinion: The teacher's, the same shape.
        share: Of the opinion where there is a label.
    """
    sizes = [len(SENTIMENTS), len(EMOTIONS)]
    parts: list[Tensor] = []
    for label, said in zip(labels.split(sizes, dim=1), opinion.split(sizes, dim=1), strict=True):
        known = label.sum(dim=1, keepdim=True) > 0
        parts.append(torch.where(known, share * said + (1 - share) * label, said))
    return torch.cat(parts, dim=1)


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
