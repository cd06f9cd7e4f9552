"""Trains the layers, together with heads that already know what the untrained ones make."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sentivox.types import SAMPLE_RATE, Int16Array
from training.utterance_tone.data import Data
from training.utterance_tone.embed import padded
from training.utterance_tone.network import Encoder, EncoderTone
from training.utterance_tone.sampling import draw_weights
from training.utterance_tone.targets import cross_entropy, targets


@dataclass(frozen=True, slots=True)
class TuningConfig:
    """How the layers learn.

    Attributes:
        steps: Batches.
        batch: Clips in a batch.
        rate: Highest learning rate of the last layer.
        layer_decay: Each layer learns slower than the one after it by this factor.
        heads_rate: Highest learning rate of the heads.
        weight_decay: As in AdamW.
        averaging: What is tuned is an exponential moving average of the weights, with this decay.
        kept: How far to go from the weights before (0) to the tuned ones (1). Halfway is better
            with strangers than either end (Wortsman et al., CVPR 2022).
        crop_s: Shortest and longest stretch of a clip, in seconds; one length a batch, so that
            little of it is padding.
        corpus_power: 0 draws all corpora alike, 1 in proportion to their clips.
    """

    steps: int = 700
    batch: int = 16
    rate: float = 3e-5
    layer_decay: float = 0.8
    heads_rate: float = 1e-3
    weight_decay: float = 0.05
    averaging: float = 0.995
    kept: float = 0.5
    crop_s: tuple[float, float] = (1.0, 3.2)
    corpus_power: float = 0.25


def tune(
    start: EncoderTone, data: Data, rows: np.ndarray, config: TuningConfig, seed: int
) -> EncoderTone:
    """A network that went on learning from the clips at `rows`; ready for use.

    Args:
        start: Its heads are trained; it is not changed.
        data: All clips.
        rows: Indices of the clips to learn from.
        config: How it learns.
        seed: Of what is drawn.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    weight, target = draw_weights(data.clips, rows, config.corpus_power), targets(data.clips)
    variants = data.variants
    net = copy.deepcopy(start).train()
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(config.averaging))
    groups = _groups(net, config)
    optimiser = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in groups], config.steps, pct_start=0.2
    )
    for _ in range(config.steps):
        chosen = rng.choice(rows, config.batch, p=weight)
        seconds = rng.uniform(*config.crop_s)
        sounds = [variants[int(rng.integers(len(variants)))][int(row)] for row in chosen]
        sound, length = padded([_crop(one, seconds, rng) for one in sounds])
        spectrogram = net.mel(sound)  # its softer parts need more digits than bfloat16 has
        with torch.autocast("cpu", torch.bfloat16):
            steps, mask = net.steps_of(spectrogram, length)
        said = net.heads.each(steps.float(), mask)
        loss = sum((cross_entropy(one, target[chosen]) for one in said), torch.zeros(()))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(net)
    return _between(start, average.module, config.kept)


def _groups(net: EncoderTone, config: TuningConfig) -> list[dict[str, object]]:
    """The parameters with their learning rates, slower towards the sound."""
    encoder: Encoder = net.encoder
    parts: list[nn.Module] = [nn.ModuleList([encoder.conv1, encoder.conv2]), *encoder.layers]
    rates = [config.rate * config.layer_decay**n for n in reversed(range(len(parts)))]
    rates.append(config.heads_rate)
    parts.append(net.heads)
    return [
        {"params": list(part.parameters()), "lr": rate}
        for part, rate in zip(parts, rates, strict=True)
    ]


def _crop(sound: Int16Array, seconds: float, rng: np.random.Generator) -> Int16Array:
    length = int(seconds * SAMPLE_RATE)
    start = int(rng.integers(max(0, len(sound) - length) + 1))
    return sound[start : start + length]


def _between(before: nn.Module, after: nn.Module, share: float) -> EncoderTone:
    """A network whose weights are that share of the way from one's to the other's."""
    net = copy.deepcopy(before)
    tuned = after.state_dict()
    with torch.no_grad():
        for name, weight in net.state_dict().items():
            weight.lerp_(tuned[name], share)
    assert isinstance(net, EncoderTone)
    return net.eval()
