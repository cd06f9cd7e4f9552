"""Splits of the speakers into training, development and test, and runs on them."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sentivox.evaluation.metrics import uar
from sentivox.tone.sentiment import ToneCalibration
from training.tone.cache import Features
from training.tone.calibrate import calibrate
from training.tone.corpus import FOLDS, Clip, fold_speakers
from training.tone.fit import FitConfig, Look, fit
from training.tone.network import BlueprintNet, ToneNet
from training.tone.sampling import Sampler, SamplingConfig
from training.tone.scoring import Scores, emotion_table, score

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of clips for training, development and test; no speaker is in two of these."""

    name: str
    train: tuple[int, ...]
    dev: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines a training run, except its data and seed."""

    name: str
    network: Callable[[], nn.Module]
    fit: FitConfig = field(default_factory=FitConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)


FIRST = FitConfig(epochs=25, rate=4e-3)
"""Hyperparameters of the first stage, on every corpus but RAVDESS, from which all folds start."""

UNTAUGHT = Recipe("untaught", ToneNet)
"""The network trained on labels alone; its runs are the teachers of the network that ships."""

TAUGHT = Recipe("taught", ToneNet)
BLUEPRINT = Recipe("blueprint", BlueprintNet)


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The clips, and all features of them that a run may need.

    Attributes:
        clips: The recordings and labels.
        variants: Features to train on: clean first, then distorted copies.
        conditions: Name -> features to test on; the learning curve is of "clean". Some have only
            the first of the clips.
    """

    clips: Sequence[Clip]
    variants: Sequence[Features]
    conditions: Mapping[str, Features]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The result of one training run.

    Attributes:
        split: Name of the split.
        seed: Of the run.
        curve: Learning curve.
        weights: Of the trained network.
        dev: Scores of the development clips under all conditions, for calibration: a calibration
            fitted to clean speech alone is wrong for telephones and noise.
        test: Scores of the test clips, by condition.
    """

    split: str
    seed: int
    curve: Sequence[Look]
    weights: Mapping[str, torch.Tensor]
    dev: Scores
    test: Mapping[str, Scores]

    @property
    def tested(self) -> set[str]:
        """The speakers of the test clips."""
        return {str(s) for scores in self.test.values() for s in scores.speaker}


POLISH_DEV = "nemoEB0"
"""Polish speaker for development, left out of all training, so that no network is calibrated on a
voice it was trained on."""


def actor_fold(clips: Sequence[Clip], fold: int) -> Split:
    """Test on one fold of RAVDESS actors; develop on two of the next fold and POLISH_DEV."""
    following = FOLDS[(fold + 1) % len(FOLDS)]
    dev = {f"rav{actor:02d}" for actor in following[:2]} | {POLISH_DEV}
    return split_by(clips, f"fold{fold}", fold_speakers(fold), dev)


def left_out(clips: Sequence[Clip], corpus: str) -> Split:
    """Test on a whole corpus, none of which is used for training or development."""
    test = {c.speaker for c in clips if c.corpus == corpus}
    return split_by(clips, f"without-{corpus}", test, {"rav03", "rav06", POLISH_DEV})


def split_by(
    clips: Sequence[Clip], name: str, test: Collection[str], dev: Collection[str]
) -> Split:
    """Split clips by the names of the test and development speakers; train on all others."""
    rows: dict[str, list[int]] = {"train": [], "dev": [], "test": []}
    for i, clip in enumerate(clips):
        part = "test" if clip.speaker in test else "dev" if clip.speaker in dev else "train"
        rows[part].append(i)
    return Split(name, tuple(rows["train"]), tuple(rows["dev"]), tuple(rows["test"]))


def run(
    recipe: Recipe,
    split: Split,
    data: Data,
    checkpoints: Path,
    *,
    seed: int = 0,
    start: Outcome | None = None,
    teachers: Sequence[Outcome] = (),
) -> Outcome:
    """Train on a split and score its test speakers, or read the outcome of an earlier run.

    Args:
        recipe: What to train, and how.
        split: Clips for training, development and test.
        data: The clips and their features.
        checkpoints: Folder for the outcome of each run.
        seed: Of the weights, the draws and the augmentation.
        start: An earlier stage; training starts from its weights.
        teachers: Runs of the same network on the same split, to learn from besides the labels.
    """
    file = checkpoints / f"{recipe.name}-{split.name}-{seed}.pt"
    if not file.exists():
        began = time.monotonic()
        outcome = _run(recipe, split, data, seed=seed, start=start, teachers=teachers)
        checkpoints.mkdir(parents=True, exist_ok=True)
        torch.save({name: getattr(outcome, name) for name in Outcome.__slots__}, file)
        log.info("%s took %.0f s", file.stem, time.monotonic() - began)
    return Outcome(**torch.load(file, weights_only=False))


def _run(
    recipe: Recipe,
    split: Split,
    data: Data,
    *,
    seed: int,
    start: Outcome | None,
    teachers: Sequence[Outcome],
) -> Outcome:
    torch.manual_seed(seed)
    clean = data.conditions["clean"]

    def judge(net: nn.Module) -> float:
        scores = score(net, clean, data.clips, split.dev)
        return uar(emotion_table(scores))

    sampler = Sampler(data.clips, split.train, data.variants, recipe.sampling, seed)
    net = recipe.network()
    if start:
        net.load_state_dict(dict(start.weights))
    taught_by = [network_of(recipe, teacher) for teacher in teachers]
    net, curve = fit(net, sampler, recipe.fit, judge if split.dev else None, taught_by)
    return Outcome(
        split=split.name,
        seed=seed,
        curve=curve,
        weights=net.state_dict(),
        dev=_under_all_conditions(net, data, split.dev or split.train[:1]),
        test={
            name: score(net, features, data.clips, split.test)
            for name, features in data.conditions.items()
            if split.test and max(split.test) < len(features)  # some hold only the first clips
        },
    )


def _under_all_conditions(net: nn.Module, data: Data, rows: Sequence[int]) -> Scores:
    held = [(f, [i for i in rows if i < len(f)]) for f in data.conditions.values()]
    return merge([score(net, features, data.clips, some) for features, some in held if some])


def network_of(recipe: Recipe, outcome: Outcome) -> nn.Module:
    """Rebuild the network of a run, in evaluation mode."""
    net = recipe.network()
    net.load_state_dict(dict(outcome.weights))
    return net.eval()


def calibration_for(outcome: Outcome, runs: Sequence[Outcome]) -> ToneCalibration:
    """Fit a calibration on the development speakers of `runs` that `outcome` is not tested on.

    Other runs are used because two speakers are too few to fit biases to, and because the networks
    of all folds behave alike on unknown speakers. The weights that ship are calibrated like this.
    """
    strangers = [run.dev for run in runs if not outcome.tested & set(run.dev.speaker)]
    return calibrate(merge(strangers))


def merge(parts: Sequence[Scores]) -> Scores:
    """Join the scores of different clips."""
    offsets = np.cumsum([0] + [len(p.emotion) for p in parts])
    return Scores(
        np.concatenate([p.probs for p in parts]),
        np.concatenate([p.owner + o for p, o in zip(parts, offsets[:-1], strict=True)]),
        np.concatenate([p.frames for p in parts]),
        np.concatenate([p.emotion for p in parts]),
        np.concatenate([p.speaker for p in parts]),
    )
