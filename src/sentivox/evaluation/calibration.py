"""Fits the fusion to labelled recordings, and estimates its accuracy on unseen speakers."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from sentivox.errors import DataError
from sentivox.evaluation.choose import Choice, FittingTrial, choose_rule, cross_validate, folds
from sentivox.evaluation.fit import Labelled
from sentivox.evaluation.recordings import AnalysedRecordings
from sentivox.evaluation.tone import TRAINING_DATA
from sentivox.evaluation.verdicts import few
from sentivox.fusion.calibration import Calibration
from sentivox.types import SENTIMENTS

LEAST_CLIPS: Final = 10
"""Minimum recordings of each sentiment."""

LEAST_SPEAKERS: Final = 3
"""Minimum number of speakers, if speakers are named."""

FIGURES: Final = ("uar", "log_loss", "ece", "accuracy")
"""Metrics reported for each rule."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationOutcome:
    """A fitted calibration with its cross-validated metrics.

    Attributes:
        heard: The recordings and the models' outputs for them.
        choice: The chosen rule, and the trials of all rules.
        nested: Nested cross-validation of the whole procedure, including the choice of a rule: an
            estimate of the calibration's accuracy on new speakers.
        calibration: The fitted calibration, with the names of the models it is for.
    """

    heard: AnalysedRecordings
    choice: Choice
    nested: FittingTrial
    calibration: Calibration

    @property
    def notes(self) -> list[str]:
        """Caveats about the metrics."""
        spoken = [] if self.heard.speakers is None else few(self.heard.speakers, "speaker")
        return [TRAINING_DATA, *spoken, *self.heard.notes]

    def document(self) -> dict[str, Any]:
        """The outcome as plain JSON values: the document of `calibrate --json`."""
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
    heard: AnalysedRecordings, models: dict[str, str], *, force: bool = False
) -> CalibrationOutcome:
    """Choose a rule by cross-validation and fit it to all recordings.

    Args:
        heard: Labelled recordings with the models' outputs.
        models: Names of the models that produced these outputs, by part.
        force: Fit a rule even if none beats the default.

    Raises:
        DataError: There are too few recordings or speakers.
    """
    require_enough(heard)
    choice = choose_rule(heard.data, force=force)
    nested = cross_validate(heard.data, lambda data: choose_rule(data, force=force).calibration)
    calibration = msgspec.structs.replace(choice.calibration, models=models)
    return CalibrationOutcome(heard, choice, nested, calibration)


def require_enough(heard: AnalysedRecordings) -> None:
    """Refuse data that are too few to compare rules.

    Raises:
        DataError: There are fewer than `LEAST_CLIPS` recordings of a sentiment, or fewer than
            `LEAST_SPEAKERS` named speakers.
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
    """The metrics over all recordings, and under `NAME_sd` their standard deviation over folds."""
    spread = {f"{name}_sd": trial.spread(name) for name in FIGURES}
    return {k: round(v, 4) for k, v in ({n: trial.figures[n] for n in FIGURES} | spread).items()}
