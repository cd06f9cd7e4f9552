"""Evaluates the fusion rule on `scores.csv`: posteriors of a voice model and a text model.

Columns: speaker, p_angry, p_happy, p_neutral, p_sad (voice model), text_label and text_score (the
text model's class and its probability), label (human, of three classes). The posteriors may be of
any models, so each modality's temperature is fitted first, on the other speakers. The file has
neither words nor durations, so the quality of the opinions is held constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import Floats, Ints, log_loss
from sentivox.evaluation.readers import spread
from sentivox.evaluation.report import Part, Report
from sentivox.evaluation.tables import read_rows
from sentivox.evaluation.verdicts import Predictions, drawn_by, few_speakers, require_classes
from sentivox.evaluation.work import EvaluationRequest, Tick
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all
from sentivox.fusion.opinion import Evidence, SourceOpinions, text_quality, tone_quality
from sentivox.types import SENTIMENTS, DoubleArray

SCORES: Final = "scores.csv"
"""Name of the table in a folder."""

VOICE: Final = (("p_angry", "p_sad"), ("p_neutral",), ("p_happy",))
"""Columns of the voice model that are summed for each of SENTIMENTS."""

_CONFIDENCE, _WORDS, _SECONDS = 0.8, 10, 4.0  # assumed of every utterance, for its quality
_TEMPERATURES: Final = np.arange(0.5, 5, 0.1)
"""Temperatures that are tried."""

_LEAST: Final = 1e-4  # probability; the columns are rounded


@dataclass(frozen=True, slots=True, eq=False)
class Posteriors:
    """Two models' opinions of n utterances.

    Attributes:
        audio: Shape (n, 3), log-probabilities of the voice model.
        text: Shape (n, 3), log-probabilities of the text model.
        truth: Shape (n,), indices into SENTIMENTS.
        speakers: The speaker of each utterance, n in all.
    """

    audio: Floats
    text: Floats
    truth: Ints
    speakers: Sequence[str]


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the default fusion, and each modality on its own.

    Raises:
        DataError: The table cannot be read, or has only one speaker or one class.
    """
    opinions = calibrated(read_opinions(request.path, request.limit))
    examples = [Example(speaker=name) for name in opinions.speakers]
    both = Predictions(SENTIMENTS, examples, opinions.truth, fused(opinions, Calibration()))
    tick(len(examples), len(examples))
    whole = _part(both)
    return Report(
        task="fusion",
        n=whole.n,
        metrics=whole.metrics,
        recall=whole.recall,
        confusion=whole.confusion,
        at_confidence=whole.at_confidence,
        ci95=both.intervals(),
        ci95_by=drawn_by(examples),
        by=both.subsets(request.by),
        parts={
            name: _part(Predictions(SENTIMENTS, examples, opinions.truth, np.exp(alone)))
            for name, alone in (("text", opinions.text), ("audio", opinions.audio))
        },
        reliability=both.reliability(),
        notes=[
            "each modality's temperature is fitted on the other speakers",
            *few_speakers(examples),
        ],
    )


def read_opinions(path: Path, limit: int | None = None) -> Posteriors:
    """Read the table at `path`, or `scores.csv` in that folder.

    Args:
        path: The table or its folder.
        limit: Maximum number of rows, taken evenly through the table.

    Raises:
        DataError: The table cannot be read, a value is invalid, or it has only one speaker or one
            class.
    """
    table = path / SCORES if path.is_dir() else path
    audio, text = list[list[float]](), list[list[float]]()
    truth, speakers = list[int](), list[str]()
    for line, row in spread(list(read_rows(table, ("text_score",))), limit):
        try:
            audio.append([sum(_probability(row[name]) for name in names) for names in VOICE])
            sure, said = _probability(row["text_score"]), row["text_label"]
            text.append([sure if name == said else (1 - sure) / 2 for name in SENTIMENTS])
            truth.append(SENTIMENTS.index(row["label"]))
            speakers.append(row["speaker"])
        except (KeyError, ValueError) as error:
            raise DataError(f"{table}, line {line}: {error} is not as it should be") from error
    if len(set(speakers)) < 2:
        raise DataError(f"{table} needs at least two speakers: each is judged by the others")
    require_classes(SENTIMENTS[i] for i in truth)
    logs = [np.log(np.clip(np.asarray(p), _LEAST, 1)) for p in (audio, text)]
    return Posteriors(logs[0], logs[1], np.asarray(truth), speakers)


def _probability(said: str) -> float:
    if not 0 <= (value := float(said)) <= 1:
        raise ValueError(f"probability {said}")
    return value


def calibrated(opinions: Posteriors) -> Posteriors:
    """Scale each speaker's opinions by the temperatures that fit the other speakers best."""
    audio, text = (
        _calibrated(log_probs, opinions.truth, np.asarray(opinions.speakers))
        for log_probs in (opinions.audio, opinions.text)
    )
    return Posteriors(audio, text, opinions.truth, opinions.speakers)


def fused(opinions: Posteriors, rule: Calibration) -> Floats:
    """Fuse both opinions by a calibration; returns probabilities of shape (n, 3)."""
    return np.exp(fuse_all(evidence_of_table(opinions), rule))


def evidence_of_table(opinions: Posteriors) -> Evidence:
    """The opinions as input of the fusion, all with the same quality."""
    known = np.ones(len(opinions.truth), bool)
    text, tone = text_quality(_CONFIDENCE, _WORDS), tone_quality(_SECONDS)
    return {
        "text": SourceOpinions(_single(opinions.text), np.full(len(known), text), known),
        "tone": SourceOpinions(_single(opinions.audio), np.full(len(known), tone), known),
    }


def _single(log_probs: Floats) -> DoubleArray:
    """Round to single precision, which is that of the models' outputs."""
    return log_probs.astype(np.float32).astype(np.float64)


def _calibrated(log_probs: Floats, truth: Ints, speakers: NDArray[np.str_]) -> Floats:
    out = np.empty_like(log_probs)
    for speaker in np.unique(speakers).tolist():
        own, rest = speakers == speaker, speakers != speaker
        losses = [log_loss(_soften(log_probs[rest], t), truth[rest]) for t in _TEMPERATURES]
        out[own] = _soften(log_probs[own], float(_TEMPERATURES[int(np.argmin(losses))]))
    return out


def _soften(log_probs: Floats, temperature: float) -> Floats:
    """Log-probabilities (n, 3) scaled by a temperature, with normalised rows."""
    scaled = log_probs / temperature
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def _part(verdicts: Predictions) -> Part:
    part = verdicts.part()
    loss = log_loss(np.log(np.maximum(verdicts.probs, 1e-9)), verdicts.truth)
    return msgspec.structs.replace(part, metrics=part.metrics | {"log_loss": loss})
