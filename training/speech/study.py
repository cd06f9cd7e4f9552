"""Test how well the speech model tells speech from noises that it was not trained on."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from sentivox.asr.weighing import HIGH_SPEECH, LOW_SPEECH
from sentivox.types import FloatArray
from training.speech.sounds import FOLDS, Sound
from training.speech.tested import CHANGES

Learn = Callable[[Sequence[Sound]], nn.Module]
"""Trains a network on sounds; returns it in evaluation mode."""


def judge(net: nn.Module, tested: Sequence[Sound]) -> FloatArray:
    """Return the probability that each sound is speech, shape (n,)."""
    with torch.inference_mode():
        said = [net(torch.from_numpy(s.frames)[None]) for s in tested]
    return torch.cat(said).numpy()


def folds(
    learn: Learn, sounds: Sequence[Sound], noises: Sequence[Sound], said: Sequence[Sound]
) -> str:
    """Judge each fold of noises with a network not trained on it, and the speech with all five.

    Args:
        learn: Trains a network.
        sounds: What is trained on.
        noises: The noises to judge.
        said: The speech to judge, by its set (`Sound.kind`).

    Returns:
        A Markdown table.
    """
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
    """Judge each class of noises with a network not trained on that class; return a table."""
    rows: list[str] = []
    for kind in sorted({s.kind for s in sounds if s.fold}):
        held = [s for s in noises if s.kind.startswith(kind)]
        if held:
            net = learn([s for s in sounds if s.kind != kind])
            rows.append(_row(kind, judge(net, held)))
    return _table(rows)


def _table(rows: Sequence[str]) -> str:
    shares = f"under {LOW_SPEECH} | between | from {HIGH_SPEECH} on"
    head = f"| | judged | {shares} | percentiles 1, 5, 50, 95 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _row(name: str, probs: FloatArray) -> str:
    low, high = probs < LOW_SPEECH, probs >= HIGH_SPEECH
    shares = " | ".join(f"{100 * part.mean():.1f} %" for part in (low, ~low & ~high, high))
    tails = ", ".join(f"{q:.2f}" for q in np.quantile(probs, [0.01, 0.05, 0.5, 0.95]))
    return f"| {name} | {len(probs)} | {shares} | {tails} |"
