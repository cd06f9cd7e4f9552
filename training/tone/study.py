"""Who trains, who develops, who tests; and what came of it."""

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
    """Places of clips; no speaker is in two of the three."""

    name: str
    train: tuple[int, ...]
    dev: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run but its data and seed."""

    name: str
    network: Callable[[], nn.Module]
    fit: FitConfig = field(default_factory=FitConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)


FIRST = FitConfig(epochs=25, rate=4e-3)
"""Of the first stage, on every corpus but RAVDESS; all folds share what it learns."""

UNTAUGHT = Recipe("untaught", ToneNet)
"""The network learning from labels alone; runs of it are the teachers of the one that ships."""

TAUGHT = Recipe("taught", ToneNet)
BLUEPRINT = Recipe("blueprint", BlueprintNet)


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The clips and all the features of them that a run may need.

    Attributes:
        variants: training draws from all of these.
        conditions: what is tested, by name; "clean" is also what the learning curve
            is of. Some hold only the first of the clips.
    """

    clips: Sequence[Clip]
    variants: Sequence[Features]
    conditions: Mapping[str, Features]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How one trained network did on speakers it never saw.

    Attributes:
        curve: how training went.
        dev: scores of the development clips under all conditions, for calibration: what is
            fitted to clean speech alone goes astray on telephones and in noise.
        test: scores of the test clips, by condition.
    """

    split: str
    seed: int
    curve: Sequence[Look]
    weights: Mapping[str, torch.Tensor]
    dev: Scores
    test: Mapping[str, Scores]

    @property
    def tested(self) -> set[str]:
        """The speakers it is tested on."""
        return {str(s) for scores in self.test.values() for s in scores.speaker}


POLISH_DEV = "nemoEB0"
"""Held out of the first stage and of every fold, so that no network is calibrated on a voice it
knows."""


def actor_fold(clips: Sequence[Clip], fold: int) -> Split:
    """Test on one fold of RAVDESS actors; develop on two of the next fold and one Polish voice."""
    following = FOLDS[(fold + 1) % len(FOLDS)]
    dev = {f"rav{actor:02d}" for actor in following[:2]} | {POLISH_DEV}
    return split_by(clips, f"fold{fold}", fold_speakers(fold), dev)


def left_out(clips: Sequence[Clip], corpus: str) -> Split:
    """Test on a whole corpus nothing of which was trained or developed on."""
    test = {c.speaker for c in clips if c.corpus == corpus}
    return split_by(clips, f"without-{corpus}", test, {"rav03", "rav06", POLISH_DEV})


def split_by(
    clips: Sequence[Clip], name: str, test: Collection[str], dev: Collection[str]
) -> Split:
    """A split by the names of its speakers; everyone else trains."""
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
    """Train on a split and score its test speakers, or read what an earlier run left.

    Args:
        recipe: what to train, and how.
        split: by whom.
        data: the clips and their features.
        checkpoints: folder where each run leaves its outcome.
        seed: of the weights, the draws and the augmentation.
        start: an earlier stage, whose weights to begin from.
        teachers: runs of the same network on the same split, whose opinion to learn.
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
    """The network that a run left, in evaluation mode."""
    net = recipe.network()
    net.load_state_dict(dict(outcome.weights))
    return net.eval()


def calibration_for(outcome: Outcome, runs: Sequence[Outcome]) -> ToneCalibration:
    """From the development speakers of all the runs that are not among those it is tested on.

    As for the weights that ship: two speakers are too few to fit biases to, and what one fold's
    network says of strangers another's says too.
    """
    strangers = [run.dev for run in runs if not outcome.tested & set(run.dev.speaker)]
    return calibrate(merge(strangers))


def merge(parts: Sequence[Scores]) -> Scores:
    """The scores of different clips as one."""
    offsets = np.cumsum([0] + [len(p.emotion) for p in parts])
    return Scores(
        np.concatenate([p.probs for p in parts]),
        np.concatenate([p.owner + o for p, o in zip(parts, offsets[:-1], strict=True)]),
        np.concatenate([p.frames for p in parts]),
        np.concatenate([p.emotion for p in parts]),
        np.concatenate([p.speaker for p in parts]),
    )
