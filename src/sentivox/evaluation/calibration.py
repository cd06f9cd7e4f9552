"""Fits the fusion to labelled recordings, and says what that is worth on voices not heard."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from sentivox.errors import DataError
from sentivox.evaluation.choose import Choice, FittingTrial, choose, cross_validate, folds
from sentivox.evaluation.fit import Labelled
from sentivox.evaluation.recordings import HeardRecordings
from sentivox.evaluation.tone import TRAINING_DATA
from sentivox.evaluation.verdicts import few
from sentivox.fusion.calibration import Calibration
from sentivox.types import SENTIMENTS

LEAST_CLIPS: Final = 10
"""Of each sentiment."""

LEAST_SPEAKERS: Final = 3
"""Where speakers are named."""

FIGURES: Final = ("uar", "log_loss", "ece", "accuracy")


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationOutcome:
    """A fitted calibration and what speaks for it.

    Attributes:
        heard: The recordings.
        choice: The rule that was taken, and those that were not.
        nested: The whole procedure, choice included, on voices it knew nothing of: what the
            calibration may be expected to give on new ones.
        calibration: The chosen one, with the names of the models it is for.
    """

    heard: HeardRecordings
    choice: Choice
    nested: FittingTrial
    calibration: Calibration

    @property
    def notes(self) -> list[str]:
        """What to keep in mind of the figures."""
        spoken = [] if self.heard.speakers is None else few(self.heard.speakers, "speaker")
        return [TRAINING_DATA, *spoken, *self.heard.notes]

    def document(self) -> dict[str, Any]:
        """As plain JSON values."""
        heard, choice = self.heard, self.choice
        counts = np.bincount(heard.data.labels, minlength=len(SENTIMENTS)).tolist()
        return {
            "n": len(heard.data.labels),
            "clips": dict(zip(SENTIMENTS, counts, strict=True)),
            "speakers": heard.speakers,
            "folds": len(folds(heard.data)),
            "left_out": {
                "unreadable": len(heard.problems),
                "silent": heard.silent,
                "unlabelled": heard.unlabelled,
            },
            "before": _figures(choice.trials["default"]),
            "after": _figures(self.nested),
            "rules": {name: _figures(trial) for name, trial in choice.trials.items()},
            "chosen": choice.name,
            "beats_default": choice.beats_default,
            "calibration": msgspec.to_builtins(self.calibration),
            "notes": self.notes,
        }


def calibrate(
    heard: HeardRecordings, models: dict[str, str], *, force: bool = False
) -> CalibrationOutcome:
    """Choose and fit a calibration.

    Args:
        heard: Labelled recordings.
        models: Names of the models that heard them, by part.
        force: Fit even where nothing beats the default.

    Raises:
        DataError: There are too few recordings or speakers to tell.
    """
    require_enough(heard)
    choice = choose(heard.data, force=force)
    nested = cross_validate(heard.data, lambda data: choose(data, force=force).calibration)
    calibration = msgspec.structs.replace(choice.calibration, models=models)
    return CalibrationOutcome(heard, choice, nested, calibration)


def require_enough(heard: HeardRecordings) -> None:
    """Refuse data that cannot tell one rule from another.

    Raises:
        DataError: Too few clips of a sentiment, or too few speakers.
    """
    _require_clips(heard.data)
    if heard.speakers is not None and heard.speakers < LEAST_SPEAKERS:
        raise DataError(
            f"the recordings are of {heard.speakers} speakers, and at least {LEAST_SPEAKERS} are"
            " needed to tell what holds for other voices; add some, or leave the speakers out"
        )


def _require_clips(data: Labelled) -> None:
    counts = np.bincount(data.labels, minlength=len(SENTIMENTS)).tolist()
    if min(counts) < LEAST_CLIPS:
        there = ", ".join(f"{n} {name}" for n, name in zip(counts, SENTIMENTS, strict=True))
        raise DataError(
            f"too few recordings to fit anything: at least {LEAST_CLIPS} of each sentiment are"
            f" needed, and there are {there}"
        )


def _figures(trial: FittingTrial) -> dict[str, float]:
    """Over all recordings, and their standard deviation over the folds."""
    spread = {f"{name}_sd": trial.spread(name) for name in FIGURES}
    return {k: round(v, 4) for k, v in ({n: trial.figures[n] for n in FIGURES} | spread).items()}
