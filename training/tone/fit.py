"""Trains one network on some speakers."""

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.tone.sampling import Sampler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How long and how fast to learn.

    Attributes:
        judged: how many of the last epochs compete for being kept; 0 keeps the last.
        memory: decay of the running average of the weights, a step.
        hidden: longest share of a crop that is blanked out.
    """

    epochs: int = 40
    rate: float = 3e-3
    decay: float = 2e-2
    judged: int = 0
    memory: float = 0.99
    hidden: float = 0.15


class Trainer:
    """One network, its optimiser, and the running average of its weights, which is what we keep."""

    def __init__(self, net: nn.Module, batches: Sampler, config: FitConfig) -> None:
        self.average = AveragedModel(
            net, multi_avg_fn=get_ema_multi_avg_fn(config.memory), use_buffers=True
        )
        self._net = net
        self._batches = batches
        self._hidden = config.hidden
        self._optimiser = torch.optim.AdamW(
            net.parameters(), lr=config.rate, weight_decay=config.decay
        )
        self._schedule = OneCycleLR(
            self._optimiser, config.rate, config.epochs * len(batches), pct_start=0.2
        )

    def epoch(self) -> float:
        """Learn from one epoch's draws; the mean loss."""
        self._net.train()
        losses = [self._step(x, y) for x, y in self._batches]
        return sum(losses) / len(losses)

    def _step(self, x: Tensor, y: Tensor) -> float:
        seen = hide_time(self._net.frontend(x), self._hidden)
        with torch.autocast("cpu", torch.bfloat16):  # half the time, on processors that have it
            logits = self._net.body(seen)
        loss = nn.functional.cross_entropy(logits.float(), y)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._net.parameters(), 2.0)
        self._optimiser.step()
        self._schedule.step()
        self.average.update_parameters(self._net)
        return loss.item()


def fit(
    net: nn.Module,
    batches: Sampler,
    config: FitConfig,
    judge: Callable[[nn.Module], float] | None = None,
) -> tuple[nn.Module, int]:
    """Train; the returned network carries averaged weights, in evaluation mode.

    Args:
        net: trained in place.
        batches: one pass is an epoch.
        config: schedule.
        judge: score on development speakers, larger is better; picks among the last epochs.
            Without it the last epoch is taken.

    Returns:
        The averaged network and the epoch it is of.
    """
    trainer = Trainer(net, batches, config)
    kept, kept_epoch, best = trainer.average.module, config.epochs, float("-inf")
    for epoch in range(1, config.epochs + 1):
        loss = trainer.epoch()
        trainer.average.module.eval()
        score = float("nan")
        if judge is not None and epoch > config.epochs - config.judged:
            score = judge(trainer.average.module)
            if score > best:
                kept, kept_epoch, best = copy.deepcopy(trainer.average.module), epoch, score
        log.info("epoch %d loss %.3f dev %.3f", epoch, loss, score)
    return kept.eval(), kept_epoch


def hide_time(x: Tensor, share: float) -> Tensor:
    """Blank one stretch of up to `share` of the frames of each clip (SpecAugment)."""
    frames = x.shape[2]
    width = (torch.rand(len(x), 1, 1) * share * frames).long()
    start = (torch.rand(len(x), 1, 1) * (frames - width)).long()
    place = torch.arange(frames)[None, None]
    return x.masked_fill((place >= start) & (place < start + width), 0.0)
