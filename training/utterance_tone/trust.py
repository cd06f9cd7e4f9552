"""Fits how far a network's scores are to be believed, on corpora that it was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentivox.evaluation.metrics import log_loss
from sentivox.tone.trust import TrustSettings, believed, sharpness
from sentivox.tone.utterance import MARGINS_S
from sentivox.types import SAMPLE_RATE, SENTIMENTS, FloatArray
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds
from training.utterance_tone.study import Tested

SHARPNESSES = np.round(np.arange(0.3, 2.01, 0.05), 2)
HALVES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds; values of `TrustSettings.half_s` that are tried."""


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
    durations = np.diff(sounds.starts) / SAMPLE_RATE - MARGINS_S
    for condition, rows in tested.rows.items():
        truth = np.array([clips[int(row)].sentiment for row in rows])
        known = truth != UNKNOWN
        most = 1.5 - MARGINS_S if condition == "first 1.5 s" else np.inf
        seconds = np.clip(durations[rows], 0.05, most)
        said = tested.log_probs[condition][:, : len(SENTIMENTS)]
        parts.append((said[known], truth[known], seconds[known]))
    log_probs, truths, lengths = map(np.concatenate, zip(*parts, strict=True))
    return Strange(log_probs, truths, lengths)


def fit_trust(corpora: Mapping[str, Strange]) -> TrustSettings:
    """The settings with the least mean log loss over corpora, each of which counts alike."""

    def loss(settings: TrustSettings) -> float:
        return float(np.mean([_log_loss(one, settings) for one in corpora.values()]))

    tried = [TrustSettings(float(s), h) for s in SHARPNESSES for h in HALVES]
    return min(tried, key=loss)


def cross_fitted(corpora: Mapping[str, Strange]) -> dict[str, FloatArray]:
    """The log-probabilities as served, each corpus with the settings that suit the others."""
    return {
        name: trusted(one, fit_trust({k: other for k, other in corpora.items() if k != name}))
        for name, one in corpora.items()
    }


def save_left_out(
    corpora: Mapping[str, Strange], served: Mapping[str, FloatArray], file: Path
) -> None:
    """Write what `cross_fitted` returns as an .npz, for the study of fusion."""
    names = np.concatenate([np.full(len(one.truth), name) for name, one in corpora.items()])
    np.savez(
        file,
        corpora=names,
        log_probs=np.concatenate([served[name] for name in corpora]),
        truth=np.concatenate([one.truth for one in corpora.values()]),
        seconds=np.concatenate([one.seconds for one in corpora.values()]),
    )


def trusted(one: Strange, settings: TrustSettings) -> FloatArray:
    """The log-probabilities as they are served of sounds that are not novel, (n, 3)."""
    factors = np.array([sharpness(settings, float(s), 0) for s in one.seconds], np.float32)
    return believed(one.log_probs, factors[:, None])


def _log_loss(one: Strange, settings: TrustSettings) -> float:
    """Log loss where all classes count alike: corpora differ in what is acted most."""
    log_probs = trusted(one, settings)
    classes = [one.truth == label for label in np.unique(one.truth)]
    return float(np.mean([log_loss(log_probs[rows], one.truth[rows]) for rows in classes]))
