"""Evaluates the acoustic tone model on labelled clips, scored exactly as live utterances are."""

from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.report import Part, Report
from sentivox.evaluation.verdicts import (
    Predictions,
    drawn_by,
    emotion_verdicts,
    few_speakers,
    left_out,
    require_classes,
    sentiment_verdicts,
)
from sentivox.evaluation.work import EvaluationRequest, Tick, in_parallel, read_audio
from sentivox.stream.scoring import PooledTone, ToneWindow, pool
from sentivox.tone.baseline import Baseline
from sentivox.tone.clips import trim, window_bounds
from sentivox.tone.features import features
from sentivox.tone.mfcc import MFCC_HOP
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import ToneClassifier
from sentivox.types import EMOTIONS, NO_EVIDENCE_PROBS, SAMPLE_RATE

LIVE_S: Final = 1.5
"""Seconds from the start of an utterance that the `live` metrics are based on."""

TRAINING_DATA: Final = (
    "figures on recordings that a model was trained on flatter it; its model card names them"
)


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the bundled tone model.

    Raises:
        DataError: The data cannot be read, or hold no labelled clip.
        AudioError: A clip cannot be read.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    return judge_tone(examples, ToneModel.load(), tick)


def judge_tone(examples: Sequence[Example], model: ToneClassifier, tick: Tick) -> Report:
    """Evaluate a tone model on clips of one utterance each.

    Raises:
        DataError: No clip has a known label, all have the same, or all clips are silent.
        AudioError: A clip cannot be read.
    """
    clips = [e for e in examples if e.file is not None and (e.emotion or e.sentiment)]
    if not clips:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    require_classes(e.emotion or e.sentiment for e in clips)
    files = [e.file for e in clips if e.file is not None]
    heard = in_parallel(lambda file: tone_windows(model, file), files, tick)
    if all(_unheard(clip) for clip in heard):
        raise DataError(f"nothing can be heard in any of {len(heard)} recordings: they are silent")
    whole, live = [pooled(clip) for clip in heard], [pooled(clip, LIVE_S) for clip in heard]
    sentiments, emotions = _sentiments(clips, whole), _emotions(clips, whole)
    three, ci95 = _part(sentiments, emotions), sentiments.intervals()
    parts = {"live": _part(_sentiments(clips, live), _emotions(clips, live))}
    if all(clip.speaker for clip in clips):
        talks = in_sessions([clip.speaker or "" for clip in clips], heard)
        parts["session"] = _part(_sentiments(clips, talks), _emotions(clips, talks))
    if emotions is not None:
        parts["emotions"] = emotions.part()
        ci95["uar8"] = emotions.intervals()["uar8"]
    return Report(
        task="tone",
        n=three.n,
        metrics=three.metrics,
        recall=three.recall,
        confusion=three.confusion,
        ci95=ci95,
        ci95_by=drawn_by(sentiments.examples),
        models={"tone": model.name},
        left_out=left_out(examples),
        by=sentiments.subsets(),
        parts=parts,
        reliability=sentiments.reliability(),
        notes=[TRAINING_DATA, *few_speakers(sentiments.examples)],
    )


def tone_windows(model: ToneClassifier, file: Path) -> list[ToneWindow]:
    """Score the windows of a clip of one utterance, trimmed and windowed as in serving.

    Raises:
        AudioError: The clip cannot be read.
    """
    frames = features(trim(read_audio(file)))
    spans = window_bounds(len(frames))
    scores = model.classify([frames[start:stop] for start, stop in spans])
    return [
        ToneWindow(start * MFCC_HOP, stop * MFCC_HOP, score)
        for (start, stop), score in zip(spans, scores, strict=True)
    ]


def pooled(clip: Sequence[ToneWindow], seconds: float = inf) -> PooledTone:
    """Pool a clip's windows, or only those that end within its first `seconds`.

    Raises:
        ValueError: No window ends within that time.
    """
    result = pool([w for w in clip if w.stop <= seconds * SAMPLE_RATE], SAMPLE_RATE)
    if result is None:
        raise ValueError(f"no window ends within {seconds} s")
    return result


def _unheard(clip: Sequence[ToneWindow]) -> bool:
    """Whether the model's output is that for silence in every window."""
    return all(np.allclose(np.exp(w.scores.sentiment), NO_EVIDENCE_PROBS, atol=1e-6) for w in clip)


def in_sessions(speakers: Sequence[str], heard: Sequence[Sequence[ToneWindow]]) -> list[PooledTone]:
    """Pool each clip's tone relative to its speaker's baseline, as in a long session.

    Each speaker's clips are taken as consecutive utterances of one channel, in a random but fixed
    order.

    Args:
        speakers: Speaker of each clip.
        heard: Windows of each clip, as `tone_windows` returns them.

    Returns:
        The pooled tone of each clip, in the order of the arguments.
    """
    found = [pooled(clip) for clip in heard]
    usual: dict[str, Baseline] = {}
    order: list[int] = np.random.default_rng(0).permutation(len(heard)).tolist()
    for i in order:
        baseline = usual.setdefault(speakers[i], Baseline())
        alone, shift = found[i], baseline.shift
        found[i] = pooled([window.against(shift) for window in heard[i]])
        baseline.add(alone.log_probs)
    return found


def _sentiments(clips: Sequence[Example], heard: Sequence[PooledTone]) -> Predictions:
    return sentiment_verdicts(clips, np.exp(np.stack([p.log_probs for p in heard])))


def _emotions(clips: Sequence[Example], heard: Sequence[PooledTone]) -> Predictions | None:
    probs = np.array([[p.sentiment.emotions[name] for name in EMOTIONS] for p in heard])
    return emotion_verdicts(clips, probs)


def _part(sentiments: Predictions, emotions: Predictions | None) -> Part:
    """The metrics of the sentiments, with the UAR of the emotions as "uar8" if there are any."""
    three = sentiments.part()
    if emotions is None:
        return three
    uar8 = emotions.figures()["uar8"]
    return msgspec.structs.replace(three, metrics=three.metrics | {"uar8": uar8})
