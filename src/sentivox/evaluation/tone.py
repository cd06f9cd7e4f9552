"""Evaluates the acoustic tone model on labelled clips, scored exactly as live utterances are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np

from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import Floats
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.report import Part, Report
from sentivox.evaluation.subsets import require_columns, speaker_of, unknown
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
from sentivox.models.selection import MFCC
from sentivox.stream.scoring import PooledTone, ToneWindow, pool, shifted, whole_tone
from sentivox.tone.baseline import Baseline
from sentivox.tone.clips import trim, window_bounds
from sentivox.tone.features import features
from sentivox.tone.mfcc import MFCC_HOP
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import ToneClassifier, UtteranceToneClassifier
from sentivox.tone.utterance import LEAST_S, MARGINS_S, UtteranceToneModel
from sentivox.types import EMOTIONS, NO_EVIDENCE_PROBS, SAMPLE_RATE, FloatArray, ToneScores

LIVE_S: Final = 1.5
"""Seconds from the start of an utterance that the `live` metrics are based on."""

TRAINING_DATA: Final = (
    "figures on recordings that a model was trained on flatter it; its model card names them"
)


@dataclass(frozen=True, slots=True, eq=False)
class ToneModels:
    """The models that score tone.

    Attributes:
        windows: Model of the tone of windows.
        utterance: Model of the tone of utterances; None if it is the mean over their windows.
    """

    windows: ToneClassifier
    utterance: UtteranceToneClassifier | None = None

    @property
    def names(self) -> dict[str, str]:
        """The models' names, by part."""
        whole = {} if self.utterance is None else {"utterance_tone": self.utterance.name}
        return {"tone": self.windows.name} | whole

    @classmethod
    def load(cls, *, windows_only: bool = False) -> Self:
        """Load the bundled models.

        Raises:
            ModelError: The files are missing, damaged, or made for another version of Sentivox.
        """
        return cls(ToneModel.load(), None if windows_only else UtteranceToneModel.load())


@dataclass(frozen=True, slots=True, eq=False)
class ScoredClip:
    """The scores of a clip of one utterance.

    Attributes:
        windows: The scores of its windows.
        whole: Its scores as a whole; None without a model for that.
        seconds: Duration of its speech, without margins.
    """

    windows: Sequence[ToneWindow]
    whole: ToneScores | None = None
    seconds: float = 0.0

    def tone(self, shift: FloatArray | None = None) -> PooledTone:
        """The tone of the utterance at its end, corrected by a baseline's shift, or by none."""
        by_windows = self._pooled(self.windows, shift)
        if self.whole is None:
            return by_windows
        scores = self.whole if shift is None else shifted(self.whole, shift)
        end_s = self.windows[-1].stop / SAMPLE_RATE
        return whole_tone(scores, end_s, by_windows.sentiment.peak)

    def live(self, seconds: float) -> PooledTone:
        """The tone known from the windows that end within the first `seconds`."""
        return self._pooled([w for w in self.windows if w.stop <= seconds * SAMPLE_RATE], None)

    @staticmethod
    def _pooled(windows: Sequence[ToneWindow], shift: FloatArray | None) -> PooledTone:
        result = pool([w if shift is None else w.against(shift) for w in windows], SAMPLE_RATE)
        if result is None:
            raise ValueError("no window ends within that time")
        return result

    @property
    def unheard(self) -> bool:
        """Whether the models' output is that for silence throughout."""
        found = [w.scores for w in self.windows] if self.whole is None else [self.whole]
        return all(np.allclose(np.exp(s.sentiment), NO_EVIDENCE_PROBS, atol=1e-6) for s in found)


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the bundled tone models, or with `--tone mfcc` that of windows alone.

    Raises:
        DataError: The data cannot be read, or hold no labelled clip.
        AudioError: A clip cannot be read.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    models = ToneModels.load(windows_only=request.models.tone == MFCC)
    return judge_tone(examples, models, tick, by=request.by, session=request.session)


def judge_tone(
    examples: Sequence[Example],
    models: ToneModels,
    tick: Tick,
    *,
    by: Sequence[str] = (),
    session: bool = False,
) -> Report:
    """Evaluate tone models on clips of one utterance each.

    Args:
        examples: The clips; those without a known label are only counted.
        models: The models.
        tick: Called with the number of clips done and the total.
        by: Subsets to report, see `sentivox.evaluation.BY`.
        session: Judge each clip against the earlier ones of its speaker, in the order given; the
            figures of each clip by itself become a part of the report.

    Raises:
        DataError: No clip has a known label, all have the same, all clips are silent, or a column
            that is needed is empty.
        AudioError: A clip cannot be read.
    """
    clips = [e for e in examples if e.file is not None and (e.emotion or e.sentiment)]
    if not clips:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    require_classes(e.emotion or e.sentiment for e in clips)
    require_columns(clips, by)
    if session and (nameless := sum(clip.speaker is None for clip in clips)):
        raise DataError(f"{nameless} of {len(clips)} clips name no speaker: fill in the column "
                        "'speaker', or leave --session out")  # fmt: skip
    files = [e.file for e in clips if e.file is not None]
    heard = in_parallel(lambda file: scored_clip(models, file), files, tick)
    if all(clip.unheard for clip in heard):
        raise DataError(f"nothing can be heard in any of {len(heard)} recordings: they are silent")
    views = _views(clips, heard, in_order=session)
    sentiments, emotions = views.pop("session" if session else "alone")
    three, ci95 = _part(sentiments, emotions), sentiments.intervals()
    parts = {name: _part(*view) for name, view in views.items()}
    if emotions is not None:
        parts["emotions"] = emotions.part()
        ci95["uar8"] = emotions.intervals()["uar8"]
    return Report(
        task="tone",
        n=three.n,
        metrics=three.metrics,
        recall=three.recall,
        confusion=three.confusion,
        at_confidence=three.at_confidence,
        ci95=ci95,
        ci95_by=drawn_by(sentiments.examples),
        models=models.names,
        left_out=left_out(examples),
        by=sentiments.subsets(by),
        parts=parts,
        reliability=sentiments.reliability(),
        notes=[TRAINING_DATA, *few_speakers(sentiments.examples), *unknown(clips, by)],
    )


def scored_clip(models: ToneModels, file: Path) -> ScoredClip:
    """Score a clip of one utterance, trimmed and windowed as in serving.

    Raises:
        AudioError: The clip cannot be read.
    """
    audio = trim(read_audio(file))
    seconds = max(len(audio) / SAMPLE_RATE - MARGINS_S, LEAST_S)
    frames = features(audio)
    spans = window_bounds(len(frames))
    scores = models.windows.classify([frames[start:stop] for start, stop in spans])
    windows = [
        ToneWindow(start * MFCC_HOP, stop * MFCC_HOP, score)
        for (start, stop), score in zip(spans, scores, strict=True)
    ]
    if models.utterance is None:
        return ScoredClip(windows, seconds=seconds)
    (whole,) = models.utterance.classify([audio])
    return ScoredClip(windows, whole, seconds)


def in_sessions(
    speakers: Sequence[str | None], heard: Sequence[ScoredClip], *, in_order: bool = False
) -> list[PooledTone]:
    """Pool each clip's tone relative to its speaker's baseline, as in a long session.

    Each speaker's clips are taken as consecutive utterances of one channel.

    Args:
        speakers: Speaker of each clip.
        heard: The scores of each clip.
        in_order: Take the clips as they are ordered; otherwise in a random but fixed order, because
            corpora are often sorted by label.

    Returns:
        The pooled tone of each clip, in the order of the arguments.
    """
    found = [clip.tone() for clip in heard]
    usual: dict[str | None, Baseline] = {}
    order: list[int] = np.random.default_rng(0).permutation(len(heard)).tolist()
    if in_order:
        order.sort()
    for i in order:
        baseline = usual.setdefault(speakers[i], Baseline())
        alone, shift = found[i], baseline.shift
        found[i] = heard[i].tone(shift)
        baseline.add(alone.log_probs)
    return found


def _views(
    clips: Sequence[Example], heard: Sequence[ScoredClip], *, in_order: bool
) -> dict[str, tuple[Predictions, Predictions | None]]:
    """The verdicts on sentiments and emotions of each clip alone, live, and in a session.

    "session" is left out unless all clips name their speakers.
    """
    tones = {
        "alone": [clip.tone() for clip in heard],
        "live": [clip.live(LIVE_S) for clip in heard],
    }
    names = [speaker_of(clip) for clip in clips]
    if all(names):
        tones["session"] = in_sessions(names, heard, in_order=in_order)
    measured = {"duration": np.array([clip.seconds for clip in heard])}
    novelty = [clip.whole.novelty if clip.whole is not None else None for clip in heard]
    if any(one is not None for one in novelty):
        measured["novelty"] = np.array([np.nan if one is None else one for one in novelty])
    return {name: _verdicts(clips, found, measured) for name, found in tones.items()}


def _verdicts(
    clips: Sequence[Example], tones: Sequence[PooledTone], measured: Mapping[str, Floats]
) -> tuple[Predictions, Predictions | None]:
    sentiments = np.exp(np.stack([tone.log_probs for tone in tones]))
    emotions = np.array([[tone.sentiment.emotions[name] for name in EMOTIONS] for tone in tones])
    return sentiment_verdicts(clips, sentiments, measured), emotion_verdicts(clips, emotions)


def _part(sentiments: Predictions, emotions: Predictions | None) -> Part:
    """The metrics of the sentiments, with the UAR of the emotions as "uar8" if there are any."""
    three = sentiments.part()
    if emotions is None:
        return three
    uar8 = emotions.figures()["uar8"]
    return msgspec.structs.replace(three, metrics=three.metrics | {"uar8": uar8})
