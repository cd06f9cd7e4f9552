"""The acoustic model on labelled clips, scored exactly as a live utterance would be."""

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
    Verdicts,
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
from sentivox.tone.clips import trim, windows
from sentivox.tone.features import features
from sentivox.tone.mfcc import HOP
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import ToneClassifier
from sentivox.types import EMOTIONS, SAMPLE_RATE, UNDECIDED

LIVE_S: Final = 1.5
"""Seconds of the utterance after which the `live` figures are taken."""

TRAINING_DATA: Final = (
    "figures on recordings that a model was trained on flatter it; its model card names them"
)


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Judge the bundled tone model.

    Raises:
        DataError: The data cannot be read, or hold no labelled clip.
        AudioError: A clip cannot be read.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    return judge(examples, ToneModel.load(), tick)


def judge(examples: Sequence[Example], model: ToneClassifier, tick: Tick) -> Report:
    """Figures of a tone model on clips of one utterance each.

    Raises:
        DataError: No clip has a label that counts.
        AudioError: A clip cannot be read.
    """
    clips = [e for e in examples if e.file is not None and (e.emotion or e.sentiment)]
    if not clips:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    require_classes(e.emotion or e.sentiment for e in clips)
    files = [e.file for e in clips if e.file is not None]
    heard = in_parallel(lambda file: hear(model, file), files, tick)
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


def hear(model: ToneClassifier, file: Path) -> list[ToneWindow]:
    """The windows of a clip of one utterance, trimmed and cut as serving does.

    Raises:
        AudioError: It cannot be read.
    """
    frames = features(trim(read_audio(file)))
    spans = windows(len(frames))
    scores = model.classify([frames[start:stop] for start, stop in spans])
    return [
        ToneWindow(start * HOP, stop * HOP, score)
        for (start, stop), score in zip(spans, scores, strict=True)
    ]


def pooled(clip: Sequence[ToneWindow], seconds: float = inf) -> PooledTone:
    """A clip's tone, by the windows that end within its first `seconds`, at least 0.5."""
    result = pool([w for w in clip if w.stop <= seconds * SAMPLE_RATE], SAMPLE_RATE)
    if result is None:
        raise ValueError(f"no window ends within {seconds} s")
    return result


def _unheard(clip: Sequence[ToneWindow]) -> bool:
    """Whether the model found nothing to hear in any window."""
    return all(np.allclose(np.exp(w.scores.sentiment), UNDECIDED, atol=1e-6) for w in clip)


def in_sessions(speakers: Sequence[str], heard: Sequence[Sequence[ToneWindow]]) -> list[PooledTone]:
    """The clips' tone where each speaker's follow one another, in a random order, as one channel.

    Args:
        speakers: Who says each clip.
        heard: Each clip's windows, as `hear` returns them.
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


def _sentiments(clips: Sequence[Example], heard: Sequence[PooledTone]) -> Verdicts:
    return sentiment_verdicts(clips, np.exp(np.stack([p.log_probs for p in heard])))


def _emotions(clips: Sequence[Example], heard: Sequence[PooledTone]) -> Verdicts | None:
    probs = np.array([[p.sentiment.emotions[name] for name in EMOTIONS] for p in heard])
    return emotion_verdicts(clips, probs)


def _part(sentiments: Verdicts, emotions: Verdicts | None) -> Part:
    """The figures of the sentiments, and the emotions' UAR beside them."""
    three = sentiments.part()
    if emotions is None:
        return three
    uar8 = emotions.figures()["uar8"]
    return msgspec.structs.replace(three, metrics=three.metrics | {"uar8": uar8})
