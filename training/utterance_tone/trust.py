"""Fits how far a network's scores are to be believed, on corpora that it was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from sentivox.evaluation.metrics import confusion, log_loss, uar
from sentivox.tone.trust import TrustSettings, believed, sharpness, unbiased
from sentivox.tone.utterance import LEAST_S, MARGINS_S
from sentivox.types import SAMPLE_RATE, SENTIMENTS, FloatArray
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds
from training.utterance_tone.study import Tested

SHARPNESSES = np.round(np.arange(0.3, 2.01, 0.05), 2)
HALVES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds; values of `TrustSettings.half_s` that are tried."""

BIASES = (0.0, 0.15)
"""How much negative is made less likely and positive more.

Twice as much would gain half a point on corpora left out, and cost four on new actors of RAVDESS,
which is known.
"""

CAUTION = 0.85
"""Share of the fitted sharpness that is kept.

All corpora are acted, and calm speech is not among them. With this, labels given 0.8 or more are
right in .73 of cases or more on every corpus left out but one, and calm speech gets a quarter to a
half fewer sure labels; the calibration error of acted speech grows by .007.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Strange:
    """What networks say of clips of one corpus that they never heard.

    Attributes:
        log_probs: Shape (n, 3).
        truth: Shape (n,), indices into SENTIMENTS.
        seconds: Shape (n,), of speech.
    """

    log_probs: FloatArray
    truth: np.ndarray
    seconds: np.ndarray


def strange(clips: Sequence[Clip], sounds: Sounds, tested: Tested) -> Strange:
    """The clips of one corpus that have a sentiment, under all conditions."""
    parts: list[tuple[FloatArray, np.ndarray, np.ndarray]] = []
    for condition, rows in tested.rows.items():
        truth = np.array([clips[int(row)].sentiment for row in rows])
        known, seconds = truth != UNKNOWN, _seconds(sounds, rows, condition)
        said = tested.log_probs[condition][:, : len(SENTIMENTS)]
        parts.append((said[known], truth[known], seconds[known]))
    log_probs, truths, lengths = map(np.concatenate, zip(*parts, strict=True))
    return Strange(log_probs, truths, lengths)


def _seconds(sounds: Sounds, rows: np.ndarray, condition: str) -> np.ndarray:
    """Seconds of speech that are heard of the sounds at some rows under a condition."""
    durations = np.diff(sounds.starts)[rows] / SAMPLE_RATE
    most = 1.5 if condition == "first 1.5 s" else np.inf
    return np.maximum(np.minimum(durations, most) - MARGINS_S, LEAST_S)


def as_served(sounds: Sounds, tested: Tested, settings: TrustSettings) -> Tested:
    """The same with sentiments as they are served of sounds that are not novel."""
    served: dict[str, FloatArray] = {}
    for condition, rows in tested.rows.items():
        sentiments, emotions = np.split(tested.log_probs[condition], [len(SENTIMENTS)], axis=1)
        seconds = _seconds(sounds, rows, condition)
        served[condition] = np.hstack([_scaled(sentiments, seconds, settings), emotions])
    return Tested(tested.rows, served)


def fit_trust(corpora: Mapping[str, Strange]) -> TrustSettings:
    """Settings for strangers; every corpus counts alike.

    The biases are those with the largest mean UAR, the rest has the least mean log loss; of the
    sharpness, CAUTION is kept.
    """

    def recall(biases: tuple[float, float, float]) -> float:
        settings = TrustSettings(biases=biases)
        return float(np.mean([_uar(one, settings) for one in corpora.values()]))

    def loss(settings: TrustSettings) -> float:
        return float(np.mean([_log_loss(one, settings) for one in corpora.values()]))

    biases = max(((-step, 0.0, step) for step in BIASES), key=recall)
    tried = (TrustSettings(float(s), h, biases) for s in SHARPNESSES for h in HALVES)
    best = min(tried, key=loss)
    return msgspec.structs.replace(best, sharpness=round(CAUTION * best.sharpness, 2))


def cross_fitted(corpora: Mapping[str, Strange]) -> dict[str, TrustSettings]:
    """For each corpus, the settings that suit the others."""
    return {
        name: fit_trust({other: one for other, one in corpora.items() if other != name})
        for name in corpora
    }


def save_left_out(
    corpora: Mapping[str, Strange], trust: Mapping[str, TrustSettings], file: Path
) -> None:
    """Write what is served of corpora left out as an .npz, for the study of fusion.

    Args:
        corpora: What networks that never heard a corpus say of it.
        trust: Settings of each, by `cross_fitted`.
        file: To write.
    """
    names = np.concatenate([np.full(len(one.truth), name) for name, one in corpora.items()])
    np.savez(
        file,
        corpora=names,
        log_probs=np.concatenate([trusted(one, trust[name]) for name, one in corpora.items()]),
        truth=np.concatenate([one.truth for one in corpora.values()]),
        seconds=np.concatenate([one.seconds for one in corpora.values()]),
    )


def trusted(one: Strange, settings: TrustSettings) -> FloatArray:
    """The log-probabilities as they are served of sounds that are not novel, (n, 3)."""
    return _scaled(one.log_probs, one.seconds, settings)


def _scaled(sentiments: FloatArray, seconds: np.ndarray, settings: TrustSettings) -> FloatArray:
    factors = np.array([sharpness(settings, float(s), 0) for s in seconds], np.float32)
    return believed(unbiased(settings, sentiments), factors[:, None])


def _uar(one: Strange, settings: TrustSettings) -> float:
    return uar(confusion(one.truth, trusted(one, settings).argmax(axis=1), len(SENTIMENTS)))


def _log_loss(one: Strange, settings: TrustSettings) -> float:
    """Log loss where all classes count alike: corpora differ in what is acted most."""
    log_probs = trusted(one, settings)
    classes = [one.truth == label for label in np.unique(one.truth)]
    return float(np.mean([log_loss(log_probs[rows], one.truth[rows]) for rows in classes]))
