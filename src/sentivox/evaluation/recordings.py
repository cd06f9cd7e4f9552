"""Runs labelled recordings through the pipeline, to get the data that a calibration is fitted to.

A recording's opinion, of text and of tone, is the mean of its utterances' probabilities, weighted
by their length. Its words and seconds of speech are their sums, its recogniser's confidence their
mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.api.analyzer import Analyzer
from sentivox.errors import AudioError, DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.fit import Labelled
from sentivox.evaluation.pipeline import OPINIONS, opinion, troubles, utterances_of
from sentivox.evaluation.verdicts import speakers
from sentivox.evaluation.work import Tick, in_parallel
from sentivox.fusion.opinion import Opinion, evidence_of, text_quality, tone_quality
from sentivox.protocol.events import Utterance
from sentivox.text.protocol import TextClassifier
from sentivox.text.script import count_words
from sentivox.types import SENTIMENTS, FloatArray

LEAST: Final = 5e-5
"""Smallest probability before taking logarithms; events round to four decimals."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled recording with the models' opinions.

    Attributes:
        label: One of SENTIMENTS.
        text: Opinion of the text model; None without a transcript.
        tone: Opinion of the tone model; None without speech.
        problem: Why the recording could not be read; None if it could.
        utterances: Utterances found in the recording.
    """

    label: str
    text: Opinion | None = None
    tone: Opinion | None = None
    problem: str | None = None
    utterances: Sequence[Utterance] = ()

    @property
    def opinions(self) -> list[Opinion]:
        """The opinions that exist, at most two."""
        return [opinion for opinion in (self.text, self.tone) if opinion is not None]

    @property
    def silent(self) -> bool:
        """Whether the recording could be read but has no opinion of either kind."""
        return not self.opinions and self.problem is None


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedRecordings:
    """The result of running labelled recordings through the pipeline.

    Attributes:
        data: The recordings with an opinion.
        speakers: Number of speakers; None unless all recordings name their speaker.
        problems: One line for each recording that could not be read.
        silent: Number of recordings without speech.
        unlabelled: Number of examples without a sentiment label, such as those of surprise.
        notes: Caveats about the data.
    """

    data: Labelled
    speakers: int | None
    problems: Sequence[str]
    silent: int
    unlabelled: int
    notes: Sequence[str] = ()


def analyze_recordings(
    examples: Sequence[Example],
    analyzer: Analyzer,
    tick: Tick,
    reader: TextClassifier | None = None,
) -> AnalysedRecordings:
    """Analyse every labelled recording once.

    Args:
        examples: Recordings with labels; others are only counted.
        analyzer: The loaded models.
        tick: Called with the number of recordings done and the total.
        reader: Text model that scores an example's own transcript, if it has one, instead of the
            recognised words; None to use the latter always.

    Raises:
        DataError: No recording has a sentiment label, or none could be analysed.
    """
    labelled = [e for e in examples if e.file is not None and e.sentiment is not None]
    if not labelled:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    clips = in_parallel(lambda e: _clip(e, analyzer, reader), labelled, tick)
    return _gathered(labelled, clips, unlabelled=len(examples) - len(labelled))


def analysed_utterances(
    examples: Sequence[Example], heard: Sequence[Utterance], notes: Sequence[str]
) -> AnalysedRecordings:
    """The data of utterances that were analysed before.

    Args:
        examples: Their labels; those without a sentiment are only counted.
        heard: One utterance for each.
        notes: Caveats about them.

    Raises:
        DataError: None has a sentiment.
    """
    pairs = [(e, u) for e, u in zip(examples, heard, strict=True) if e.sentiment is not None]
    if not pairs:
        raise DataError("no utterance has a label of negative, neutral or positive")
    clips = [Clip(e.sentiment or "", _text([u]), _tone([u]), utterances=[u]) for e, u in pairs]
    found = _gathered([e for e, _ in pairs], clips, unlabelled=len(examples) - len(pairs))
    return replace(found, notes=[*notes, *found.notes])


def _gathered(
    labelled: Sequence[Example], clips: Sequence[Clip], *, unlabelled: int
) -> AnalysedRecordings:
    """The data of clips, one for each labelled example.

    Raises:
        DataError: None has an opinion.
    """
    kept = [i for i, clip in enumerate(clips) if clip.opinions]
    problems = [clip.problem for clip in clips if clip.problem is not None]
    if not kept:
        why = f"; {problems[0]}" if problems else ": there is no speech in them"
        raise DataError(f"none of {len(clips)} recordings could be heard{why}")
    voices = speakers([labelled[i] for i in kept])
    groups = np.arange(len(kept)) if voices is None else np.unique(voices, return_inverse=True)[1]
    return AnalysedRecordings(
        data=Labelled(
            evidence_of([clips[i].opinions for i in kept], ("text", "tone")),
            np.array([SENTIMENTS.index(clips[i].label) for i in kept]),
            groups,
        ),
        speakers=None if voices is None else len(set(voices)),
        problems=problems,
        silent=sum(clip.silent for clip in clips),
        unlabelled=unlabelled,
        notes=troubles([clip.utterances for clip in clips]),
    )


def _clip(example: Example, analyzer: Analyzer, reader: TextClassifier | None) -> Clip:
    label = example.sentiment or ""
    try:
        utterances = utterances_of(analyzer, example.file or Path())
    except AudioError as error:
        return Clip(label, problem=str(error))
    text = _text(utterances)
    if reader is not None and example.transcript is not None:
        text = _read(example.transcript, reader)
    return Clip(label, text, _tone(utterances), utterances=utterances)


def _text(utterances: Sequence[Utterance]) -> Opinion | None:
    said = [u for u in utterances if u.text_sentiment is not None]
    probs = opinion(said, OPINIONS["text"])
    if probs is None:
        return None
    sure = [(u.asr_confidence, u.end - u.start) for u in said if u.asr_confidence is not None]
    confidence = None
    if sure:
        values, lengths = zip(*sure, strict=True)
        confidence = float(np.average(values, weights=lengths))
    words = sum(count_words(u.transcript or "") for u in said)
    return Opinion("text", _logs(probs), text_quality(confidence, words))


def _tone(utterances: Sequence[Utterance]) -> Opinion | None:
    probs = opinion(utterances, OPINIONS["audio"])
    seconds = sum(u.end - u.start for u in utterances if u.audio_sentiment is not None)
    return None if probs is None else Opinion("tone", _logs(probs), tone_quality(seconds))


def _read(transcript: str, reader: TextClassifier) -> Opinion:
    """The opinion of a text model on a reference transcript, with full recogniser confidence."""
    (scores,) = reader.classify([transcript])
    return Opinion("text", scores.sentiment, text_quality(1.0, count_words(transcript)))


def _logs(probs: np.ndarray) -> FloatArray:
    return np.log(np.maximum(probs, LEAST)).astype(np.float32)
