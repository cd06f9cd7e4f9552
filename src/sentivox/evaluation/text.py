"""Evaluates the text model on labelled sentences or transcripts."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sentivox.engine.parts import load_text
from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import Floats, without_neutral
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.report import Report
from sentivox.evaluation.subsets import require_columns, unknown
from sentivox.evaluation.verdicts import (
    Predictions,
    drawn_by,
    few_speakers,
    left_out,
    require_classes,
    sentiment_verdicts,
)
from sentivox.evaluation.work import EvaluationRequest, Tick, in_parallel
from sentivox.text.protocol import TextClassifier
from sentivox.types import SENTIMENTS

POLES: Final = ("negative", "positive")
"""Classes of data without a neutral label."""

TWO_CLASSES: Final = (
    "no sentence is labelled neutral, so neutral is ruled out: "
    "the likelier of negative and positive is the answer"
)


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the text model that is used for the language.

    Raises:
        DataError: The data cannot be read, or hold no labelled sentence.
        ModelError: None of the chosen models supports the language.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    return judge_text(examples, load_text(request.models, request.told), tick, request.by)


def judge_text(
    examples: Sequence[Example], model: TextClassifier, tick: Tick, by: Sequence[str] = ()
) -> Report:
    """Evaluate a text model on sentences, or on the reference transcripts of recordings.

    Args:
        examples: The sentences; those without a sentiment are only counted.
        model: The model.
        tick: Called with the number of sentences done and the total.
        by: Subsets to report, see `sentivox.evaluation.BY`.

    Raises:
        DataError: No sentence has a sentiment label, or all have the same, or none has the column
            of a subset.
    """
    labelled = [e for e in examples if e.sentiment is not None]
    sentences = [e for e in labelled if spoken_words(e) is not None]
    if not sentences:
        raise DataError("no sentence has a known label: the columns are 'text' and 'label'")
    require_classes(e.sentiment for e in sentences)
    require_columns(sentences, by)
    texts = [spoken_words(e) or "" for e in sentences]
    scores = in_parallel(lambda text: model.classify([text])[0].sentiment, texts, tick)
    verdicts, notes = _two_or_three(sentences, np.exp(np.stack(scores)))
    if silent := len(labelled) - len(sentences):
        notes.append(f"{silent} labelled rows without a text or a transcript were left out")
    whole = verdicts.part()
    return Report(
        task="text",
        n=whole.n,
        metrics=whole.metrics,
        recall=whole.recall,
        confusion=whole.confusion,
        at_confidence=whole.at_confidence,
        ci95=verdicts.intervals(),
        ci95_by=drawn_by(verdicts.examples),
        models={"text": model.name},
        left_out=left_out(examples),
        by=verdicts.subsets(by),
        reliability=verdicts.reliability(),
        notes=[*notes, *few_speakers(sentences), *unknown(sentences, by)],
    )


def spoken_words(example: Example) -> str | None:
    """The sentence of an example: its text, or the transcript of its recording."""
    return example.transcript if example.text is None else example.text


def _two_or_three(sentences: Sequence[Example], probs: Floats) -> tuple[Predictions, list[str]]:
    """The verdicts in three classes, or in two with a note if no label is neutral."""
    if any(e.sentiment == "neutral" for e in sentences):
        return sentiment_verdicts(sentences, probs), []
    truth = np.array([POLES.index(e.sentiment or "") for e in sentences])
    columns = [SENTIMENTS.index(name) for name in POLES]
    return Predictions(POLES, sentences, truth, without_neutral(probs)[:, columns]), [TWO_CLASSES]
