"""Labelled recordings through the served pipeline, as the evidence that a calibration is fitted to.

A recording's opinion by the words, and by the voice, is the mean of its utterances' probabilities
by their length; its words and seconds are their sums, its recogniser's confidence their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.api.analyzer import Analyzer
from sentivox.errors import AudioError, DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.fit import Labelled
from sentivox.evaluation.pipeline import OPINIONS, hear, opinion, troubles
from sentivox.evaluation.verdicts import speakers
from sentivox.evaluation.work import Tick, in_parallel
from sentivox.fusion.opinion import Opinion, evidence_of, text_quality, tone_quality
from sentivox.protocol.events import Utterance
from sentivox.text.protocol import TextClassifier
from sentivox.text.script import count_words
from sentivox.types import SENTIMENTS, FloatArray

LEAST: Final = 5e-5
"""Probability; events round to four decimals."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled recording: what words and voice say, or why it could not be heard."""

    label: str
    text: Opinion | None = None
    tone: Opinion | None = None
    problem: str | None = None
    utterances: Sequence[Utterance] = ()

    @property
    def opinions(self) -> list[Opinion]:
        """Both, as far as they are there."""
        return [opinion for opinion in (self.text, self.tone) if opinion is not None]

    @property
    def silent(self) -> bool:
        """It could be read, and neither words nor voice were found in it."""
        return not self.opinions and self.problem is None


@dataclass(frozen=True, slots=True, eq=False)
class HeardRecordings:
    """What became of the recordings.

    Attributes:
        data: Those with an opinion.
        speakers: How many voices are told apart; None where not every clip names its speaker.
        problems: One line for each recording that could not be read.
        silent: How many held no speech.
        unlabelled: How many have a label that is no sentiment, such as surprise, or none.
        notes: What else to know of the evidence.
    """

    data: Labelled
    speakers: int | None
    problems: Sequence[str]
    silent: int
    unlabelled: int
    notes: Sequence[str] = ()


def listen(
    examples: Sequence[Example],
    analyzer: Analyzer,
    tick: Tick,
    reader: TextClassifier | None = None,
) -> HeardRecordings:
    """Hear every labelled recording once.

    Args:
        examples: Recordings with labels; others are counted.
        analyzer: The models to use.
        tick: Told of the progress.
        reader: Scores the example's own transcript, where it has one, instead of the words that
            were recognised.

    Raises:
        DataError: No recording has a label that counts, or none could be heard.
    """
    labelled = [e for e in examples if e.file is not None and e.sentiment is not None]
    if not labelled:
        raise DataError("no recording has a known label: the columns are 'file' and 'label'")
    clips = in_parallel(lambda e: _clip(e, analyzer, reader), labelled, tick)
    kept = [i for i, clip in enumerate(clips) if clip.opinions]
    problems = [clip.problem for clip in clips if clip.problem is not None]
    if not kept:
        why = f"; {problems[0]}" if problems else ": there is no speech in them"
        raise DataError(f"none of {len(clips)} recordings could be heard{why}")
    voices = speakers([labelled[i] for i in kept])
    groups = np.arange(len(kept)) if voices is None else np.unique(voices, return_inverse=True)[1]
    return HeardRecordings(
        data=Labelled(
            evidence_of([clips[i].opinions for i in kept], ("text", "tone")),
            np.array([SENTIMENTS.index(clips[i].label) for i in kept]),
            groups,
        ),
        speakers=None if voices is None else len(set(voices)),
        problems=problems,
        silent=sum(clip.silent for clip in clips),
        unlabelled=len(examples) - len(labelled),
        notes=troubles([clip.utterances for clip in clips]),
    )


def _clip(example: Example, analyzer: Analyzer, reader: TextClassifier | None) -> Clip:
    label = example.sentiment or ""
    try:
        utterances = hear(analyzer, example.file or Path())
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
    """The opinion of words that are known for sure."""
    (scores,) = reader.classify([transcript])
    return Opinion("text", scores.sentiment, text_quality(1.0, count_words(transcript)))


def _logs(probs: np.ndarray) -> FloatArray:
    return np.log(np.maximum(probs, LEAST)).astype(np.float32)
