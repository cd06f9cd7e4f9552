"""Evaluates the whole pipeline on labelled recordings: text, tone, and both fused.

A recording is split into utterances as live audio would be. Its prediction, by text, tone and
fusion, is the mean of its utterances' probabilities, weighted by their length. A recording without
an opinion (no speech found, nothing recognised) gets nearly uniform probabilities with neutral
slightly ahead, as the models give for silence. "coverage" is the share of recordings with an
opinion.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.api.analyzer import Analyzer
from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import Floats
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.report import Part, Report
from sentivox.evaluation.subsets import require_columns, unknown
from sentivox.evaluation.tone import TRAINING_DATA
from sentivox.evaluation.verdicts import (
    Predictions,
    drawn_by,
    few_speakers,
    left_out,
    require_classes,
    sentiment_verdicts,
)
from sentivox.evaluation.work import EvaluationRequest, Tick, in_parallel
from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import Fused, Sentiment
from sentivox.types import NO_EVIDENCE_PROBS, SENTIMENTS

PickSentiment = Callable[[Utterance], Fused | Sentiment | None]
"""Picks one of an utterance's sentiments; None if the utterance lacks it."""

OPINIONS: Final[dict[str, PickSentiment]] = {
    "fused": lambda u: u.fused,
    "text": lambda u: u.text_sentiment,
    "audio": lambda u: u.audio_sentiment,
}
"""The opinions that are evaluated, by name."""


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the whole pipeline on recordings.

    Raises:
        DataError: The data cannot be read, or hold no labelled recording or no speech.
        AudioError: A recording cannot be read.
        ModelError: A model is missing.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    with Analyzer(**asdict(request.models), language=request.language, speakers=False) as analyzer:
        return judge_pipeline(examples, analyzer, tick, request.by)


def judge_pipeline(
    examples: Sequence[Example], analyzer: Analyzer, tick: Tick, by: Sequence[str] = ()
) -> Report:
    """Evaluate text, tone and fusion of a loaded analyzer on recordings.

    Args:
        examples: The recordings; those without a sentiment are only counted.
        analyzer: The loaded models.
        tick: Called with the number of recordings done and the total.
        by: Subsets to report, see `sentivox.evaluation.BY`.

    Raises:
        DataError: No recording has a sentiment label, all have the same, none holds speech, or none
            has the column of a subset.
        AudioError: A recording cannot be read.
    """
    clips = [e for e in examples if e.file is not None and e.sentiment is not None]
    if not clips:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    require_classes(e.sentiment for e in clips)
    require_columns(clips, by)
    files = [e.file for e in clips if e.file is not None]
    heard = in_parallel(partial(utterances_of, analyzer), files, tick)
    if not any(heard):
        raise DataError(f"there is no speech in any of {len(heard)} recordings")
    report = judge_utterances(clips, heard, by, [TRAINING_DATA])
    return msgspec.structs.replace(
        report, models=analyzer.engine.names(), left_out=left_out(examples)
    )


def judge_utterances(
    clips: Sequence[Example],
    heard: Sequence[Sequence[Utterance]],
    by: Sequence[str],
    notes: Sequence[str],
) -> Report:
    """Evaluate text, tone and fusion of utterances.

    Args:
        clips: Examples with sentiments, of two classes or more.
        heard: The utterances of each.
        by: Subsets to report, see `sentivox.evaluation.BY`.
        notes: Caveats to report first.
    """
    fused, whole = _judged(clips, heard, OPINIONS["fused"])
    return Report(
        task="pipeline",
        n=whole.n,
        metrics=whole.metrics,
        recall=whole.recall,
        confusion=whole.confusion,
        at_confidence=whole.at_confidence,
        ci95=fused.intervals(),
        ci95_by=drawn_by(clips),
        by=fused.subsets(by),
        parts={name: _judged(clips, heard, OPINIONS[name])[1] for name in ("text", "audio")},
        reliability=fused.reliability(),
        notes=[
            *notes,
            *few_speakers(fused.examples),
            *unknown(clips, by),
            *troubles(heard),
        ],
    )


def utterances_of(analyzer: Analyzer, file: Path) -> list[Utterance]:
    """Analyse a recording, mixed to mono; returns its utterances.

    Raises:
        AudioError: The recording cannot be read.
    """
    return analyzer.analyze(file, mixdown=True).result().utterances


def opinion(utterances: Sequence[Utterance], of: PickSentiment) -> Floats | None:
    """Mean probabilities of a recording, shape (3,), with utterances weighted by their length.

    None if no utterance has the sentiment that `of` picks.
    """
    said = [(u.end - u.start, view.scores) for u in utterances if (view := of(u)) is not None]
    if not said:
        return None
    lengths = np.array([seconds for seconds, _ in said])
    probs = np.array([[scores[name] for name in SENTIMENTS] for _, scores in said])
    mean = lengths @ probs
    return mean / mean.sum()


def _judged(
    clips: Sequence[Example], heard: Sequence[Sequence[Utterance]], of: PickSentiment
) -> tuple[Predictions, Part]:
    opinions = [opinion(utterances, of) for utterances in heard]
    probs = np.array([NO_EVIDENCE_PROBS if one is None else one for one in opinions])
    spoken = np.array([sum(u.end - u.start for u in utterances) for utterances in heard])
    verdicts = sentiment_verdicts(clips, probs, {"duration": spoken})
    part = verdicts.part()
    coverage = sum(one is not None for one in opinions) / len(opinions)
    return verdicts, msgspec.structs.replace(part, metrics=part.metrics | {"coverage": coverage})


def troubles(heard: Sequence[Sequence[Utterance]]) -> list[str]:
    """A note that counts the utterances lacking an opinion by reason; empty if there are none."""
    counts = Counter(what for utterances in heard for u in utterances for what in u.degraded)
    if not counts:
        return []
    said = ", ".join(f"{what} {n}" for what, n in sorted(counts.items()))
    return [f"utterances that lack an opinion, by the reason: {said}"]
