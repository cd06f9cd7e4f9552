"""Students of the utterance tone model, on the same sets that it left out.

A student learns from what a teacher says of the sounds as recorded, and hears them disturbed too.
Student and teacher leave out the same clips, so that both are strangers to them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import nn

from sentivox.evaluation.metrics import log_loss
from sentivox.tone.features import features
from sentivox.tone.sentiment import ToneCalibration
from sentivox.types import SENTIMENTS, FloatArray
from training.tone.fit import FitConfig, fit, taught
from training.tone.network import ToneNet
from training.tone.sampling import Sampler, SamplingConfig
from training.tone.windows import Features, Scores, score
from training.utterance_tone import study as of_utterances
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds
from training.utterance_tone.data import Data
from training.utterance_tone.study import LeftOut, Tested, said_of
from training.utterance_tone.targets import targets

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a student learns.

    Attributes:
        fit: Hyperparameters.
        sampling: How batches are drawn.
        taught: Share of the teacher's opinion in the target of a clip with a label.
        seats: Networks whose log-probabilities are averaged.
    """

    fit: FitConfig = field(default_factory=FitConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    taught: float = 0.7
    seats: int = 2


class Study:
    """Trains and tests students, each once: what is in the folder already is read from there.

    Args:
        data: Clips with labels, then speech without.
        variants: Features of them, as recorded and disturbed.
        teachers: Trained on the clips with labels.
        folder: Keeps the students; delete it after changing the recipe.
        recipe: How they learn.
    """

    def __init__(
        self,
        data: Data,
        variants: Sequence[Features],
        teachers: of_utterances.Study,
        folder: Path,
        recipe: Recipe,
    ) -> None:
        self._data = data
        self._variants = variants
        self._teachers = teachers
        self._folder = folder
        self._recipe = recipe

    def students(self, left_out: LeftOut) -> list[nn.Module]:
        """Networks that neither heard some clips themselves nor had a teacher who did."""
        nets: list[nn.Module] = []
        for seat in range(self._recipe.seats):
            file = self._folder / f"{left_out.name}-{seat}.pt"
            if not file.exists():
                log.info("training %s, seat %d", left_out.name, seat)
                file.parent.mkdir(parents=True, exist_ok=True)
                torch.save(self._train(left_out, seat).state_dict(), file)
            net = ToneNet()
            net.load_state_dict(torch.load(file, weights_only=True))
            nets.append(net.eval())
        return nets

    def _train(self, left_out: LeftOut, seat: int) -> ToneNet:
        labels = targets(self._data.clips)
        target = taught(labels, torch.from_numpy(self._opinion(left_out)), self._recipe.taught)
        rows = np.flatnonzero(~left_out.clips)
        clips, sampling = self._data.clips, self._recipe.sampling
        batches = Sampler(clips, rows, self._variants, target, config=sampling, seed=seat)
        return fit(batches, self._recipe.fit, seat)

    def _opinion(self, left_out: LeftOut) -> FloatArray:
        """What the teacher says of all clips, (clips, 3 + 8), used or not."""
        file = self._folder / f"{left_out.name}-opinion.npy"
        if not file.exists():
            net, recorded = self._teachers.network(left_out), self._data.variants[0]
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, np.exp(said_of(net, recorded, np.arange(len(recorded)))))
        return np.load(file)


def examined(
    nets: Sequence[nn.Module], data: Data, left_out: LeftOut, calibration: ToneCalibration
) -> Tested:
    """What students say of clips that were left out, as recorded and disturbed."""

    def said(sounds: Sounds, rows: np.ndarray) -> FloatArray:
        return scores_of(nets, sounds, rows).log_probs(calibration)

    return of_utterances.examine(said, data, left_out)


def scores_of(nets: Sequence[nn.Module], sounds: Sounds, rows: np.ndarray) -> Scores:
    """What students say of the windows of the sounds at some rows."""
    return score(nets, [features(sounds[int(row)]) for row in rows])


def calibrate(
    corpora: Mapping[str, Scores], clips: Mapping[str, Sequence[Clip]]
) -> ToneCalibration:
    """The temperature with the least log loss on corpora that were left out, at least 1.

    Corpora count alike, and so do the classes of each. A temperature below 1, which some corpora
    would like, makes the model far too sure of others. Nor are there biases.

    Args:
        corpora: What students that never heard a corpus say of it, by its name.
        clips: The clips of each.
    """

    def loss(log_temperature: float) -> float:
        calibration = ToneCalibration(float(np.exp(log_temperature)))
        return float(np.mean([_loss(corpora[n], clips[n], calibration) for n in corpora]))

    return ToneCalibration(round(float(np.exp(minimize_scalar(loss, bounds=(0, 3)).x)), 3))


def _loss(scores: Scores, clips: Sequence[Clip], calibration: ToneCalibration) -> float:
    said = scores.log_probs(calibration)[:, : len(SENTIMENTS)]
    truth = np.array([clip.sentiment for clip in clips])
    classes = [truth == label for label in np.unique(truth[truth != UNKNOWN])]
    return float(np.mean([log_loss(said[rows], truth[rows]) for rows in classes]))
