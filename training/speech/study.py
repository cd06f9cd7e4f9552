"""How well speech is told from noises that no network in question has heard."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from sentivox.asr.weighing import NOT_SPEECH, SPEECH
from sentivox.types import FloatArray
from training.speech.sounds import FOLDS, Sound
from training.speech.tested import CHANGES

Learn = Callable[[Sequence[Sound]], nn.Module]
"""From sounds to a network in evaluation mode that tells them apart."""


def judge(net: nn.Module, tested: Sequence[Sound]) -> FloatArray:
    """The probability of each to be speech."""
    with torch.inference_mode():
        said = [net(torch.from_numpy(s.frames)[None]) for s in tested]
    return torch.cat(said).numpy()


def folds(
    learn: Learn, sounds: Sequence[Sound], noises: Sequence[Sound], said: Sequence[Sound]
) -> str:
    """Each fold of noises judged by who never heard it, and the speech by all five."""
    of_noises, of_speech = np.zeros(len(noises), np.float32), list[FloatArray]()
    for fold in FOLDS:
        net = learn([s for s in sounds if s.fold != fold])
        held = [i for i, s in enumerate(noises) if s.fold == fold]
        of_noises[held] = judge(net, [noises[i] for i in held])
        of_speech.append(judge(net, said))
    changes = np.array([s.kind.partition(", ")[2] for s in noises])
    sets = np.array([s.kind for s in said])
    rows = [_row(f"noises, {name}", of_noises[changes == name]) for name in CHANGES]
    rows += [
        _row(name, np.concatenate([probs[sets == name] for probs in of_speech]))
        for name in dict.fromkeys(sets.tolist())
    ]
    return _table(rows)


def classes(learn: Learn, sounds: Sequence[Sound], noises: Sequence[Sound]) -> str:
    """Each class of noises judged by who never heard the like."""
    rows: list[str] = []
    for kind in sorted({s.kind for s in sounds if s.fold}):
        held = [s for s in noises if s.kind.startswith(kind)]
        if held:
            net = learn([s for s in sounds if s.kind != kind])
            rows.append(_row(kind, judge(net, held)))
    return _table(rows)


def _table(rows: Sequence[str]) -> str:
    shares = f"under {NOT_SPEECH} | between | from {SPEECH} on"
    head = f"| | judged | {shares} | percentiles 1, 5, 50, 95 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _row(name: str, probs: FloatArray) -> str:
    low, high = probs < NOT_SPEECH, probs >= SPEECH
    shares = " | ".join(f"{100 * part.mean():.1f} %" for part in (low, ~low & ~high, high))
    tails = ", ".join(f"{q:.2f}" for q in np.quantile(probs, [0.01, 0.05, 0.5, 0.95]))
    return f"| {name} | {len(probs)} | {shares} | {tails} |"
