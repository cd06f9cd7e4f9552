"""Compare fusion rules on real model outputs, each fitted without the speaker it is tested on.

Every number of a rule, temperatures and sharpness included, is chosen on the other speakers, so a
row shows what the rule gives for an unknown voice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.evaluation.choose import (
    FITTERS,
    FittingTrial,
    cross_validate,
    figures_of,
    folds,
    score_trial,
)
from sentivox.evaluation.fit import (
    SHARES,
    Fitter,
    Labelled,
    fit_logistic,
    fit_loglinear,
    fit_temperatures,
)
from sentivox.evaluation.fusion import evidence_of_table, read_opinions
from sentivox.evaluation.metrics import log_loss
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all, normalise_log_probs, pool_opinions
from sentivox.tone.baseline import Baseline, against
from sentivox.types import BoolArray, DoubleArray, IntArray

# Values that are tried.
SHARPNESSES: Final = tuple(round(1 + 0.1 * i, 1) for i in range(16))
TEMPERATURES: Final = tuple(round(0.5 + 0.05 * i, 2) for i in range(31))

ALONE: Final = ("voice alone", "words alone")
DEFAULT: Final = "log-linear, adaptive, sharpened (default)"
AGREEMENT: Final = "default, with certainty that depends on agreement"
USUAL: Final = ("voice relative to the speaker's usual voice", "default, with that voice")


def read(data: Path) -> Labelled:
    """Read the utterances of a scores.csv, grouped by speaker.

    Raises:
        DataError: It cannot be read.
    """
    opinions = read_opinions(data)
    speakers = np.unique(np.asarray(opinions.speakers), return_inverse=True)[1]
    return Labelled(evidence_of_table(opinions), opinions.truth.astype(np.int64), speakers)


def compare(data: Labelled) -> Mapping[str, FittingTrial]:
    """Judge every rule by cross-validation, each speaker left out in turn."""
    speakers = len(np.unique(data.groups))
    trials = {name: cross_validate(data, fit, speakers) for name, fit in RULES.items()}
    trials[AGREEMENT] = by_agreement(data, trials[DEFAULT])
    heard = against_usual(data)
    for name, rule in zip(USUAL, (ALONE[0], DEFAULT), strict=True):
        trials[name] = cross_validate(heard, RULES[rule], speakers)
    return trials


def derive(data: Labelled) -> Calibration:
    """Return the default calibration with the sharpness that suits these data best."""
    return msgspec.structs.replace(Calibration(), sharpness=fit_sharpness(data).sharpness)


def fit_sharpness(data: Labelled) -> Calibration:
    """Fit temperatures, and the sharpness at equal base weights."""
    return _best(data, product([0.5], SHARPNESSES))


def fit_share(data: Labelled) -> Calibration:
    """Fit temperatures, sharpness and base weight."""
    return _best(data, product(SHARES.tolist(), SHARPNESSES))


def on_few(data: Labelled, size: int, draws: int = 8) -> Mapping[str, tuple[float, float]]:
    """Fit the candidates of `calibrate` to `size` random utterances of all speakers but one.

    Returns:
        Candidate -> mean UAR and log-loss on the speaker left out, over `draws` draws.
    """
    rng, found = np.random.default_rng(0), {name: list[tuple[float, float]]() for name in FITTERS}
    for _, out in product(range(draws), folds(data, len(np.unique(data.groups)))):
        rows = np.zeros_like(out)
        rows[rng.choice(np.flatnonzero(~out), size, replace=False)] = True
        few, own = data.take(rows), data.take(out)
        for name, fit in FITTERS.items():
            figures = figures_of(fuse_all(own.evidence, fit(few)), own.labels)
            found[name].append((figures["uar"], figures["log_loss"]))
    means = {name: np.mean(rows, axis=0).tolist() for name, rows in found.items()}
    return {name: (uar, loss) for name, (uar, loss) in means.items()}


def against_usual(data: Labelled) -> Labelled:
    """Correct each voice by its baseline so far, as a stream does, in the order of the file."""
    heard = data.evidence["tone"]
    log_probs = heard.log_probs.copy()
    usual: defaultdict[int, Baseline] = defaultdict(Baseline)
    for i, speaker in enumerate(data.groups.tolist()):
        alone = heard.log_probs[i].astype(np.float32)
        log_probs[i] = against(alone, usual[speaker].shift)
        usual[speaker].add(alone)
    tone = replace(heard, log_probs=log_probs)
    return replace(data, evidence={**data.evidence, "tone": tone})


def agreeing(data: Labelled) -> BoolArray:
    """Say for each utterance whether both modalities name the same class, shape (n,)."""
    log_probs = pool_opinions(data.evidence, Calibration()).log_probs
    return log_probs["text"].argmax(axis=1) == log_probs["tone"].argmax(axis=1)


def by_agreement(data: Labelled, default: FittingTrial) -> FittingTrial:
    """Judge the default with one temperature where both modalities agree and another elsewhere."""
    agree = agreeing(data)
    parts, log_probs = folds(data, len(np.unique(data.groups))), default.log_probs.copy()
    for out, same in product(parts, (True, False)):
        rows = agree == same
        best = _temperature(default.log_probs, data.labels, rows & ~out)
        log_probs[rows & out] = normalise_log_probs(default.log_probs[rows & out] / best)
    return score_trial(log_probs, data.labels, parts)


def _temperature(log_probs: DoubleArray, labels: IntArray, rows: BoolArray) -> float:
    return min(
        TEMPERATURES, key=lambda t: log_loss(normalise_log_probs(log_probs[rows] / t), labels[rows])
    )  # fmt: skip


def _best(data: Labelled, tried: Iterable[tuple[float, float]]) -> Calibration:
    """Return the (base weight of the words, sharpness) of `tried` with the lowest log-loss."""
    base = fit_temperatures(data)
    hows = (
        msgspec.structs.replace(_sharing(base, share), sharpness=sharp) for share, sharp in tried
    )
    return min(hows, key=lambda how: log_loss(fuse_all(data.evidence, how), data.labels))


def _sharing(how: Calibration, text: float) -> Calibration:
    return how.revised("text", weight=text).revised("tone", weight=1 - text)


def _with(*, text: float = 0.5, **fields: object) -> Fitter:
    """Return a fitter of temperatures alone, at a given base weight of the text and rule."""
    return lambda data: msgspec.structs.replace(_sharing(fit_temperatures(data), text), **fields)


def _blueprint(alpha: float) -> Fitter:
    rule = Calibration.linear(alpha)
    return _with(text=alpha, rule=rule.rule, adaptive=rule.adaptive, sharpness=rule.sharpness)


RULES: Final[dict[str, Fitter]] = {
    ALONE[0]: _with(text=0.0, adaptive=False),
    ALONE[1]: _with(text=1.0, adaptive=False),
    "linear, 0.7 text (the blueprint)": _blueprint(0.7),
    "linear, 0.5": _blueprint(0.5),
    "log-linear, fixed weights": _with(adaptive=False, sharpness=1.0),
    "log-linear, adaptive": _with(sharpness=1.0),
    DEFAULT: fit_sharpness,
    "the same, base weight fitted too": fit_share,
    "log-linear with biases (calibrate)": fit_loglinear,
    "logistic (calibrate)": fit_logistic,
}
