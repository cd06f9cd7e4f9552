"""Evaluates the recogniser on recordings with transcripts: word or character error rate."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sentivox.engine.parts import open_recogniser
from sentivox.engine.workers import WorkerPool
from sentivox.errors import DataError, ModelError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.metrics import intervals
from sentivox.evaluation.normalise import Normaliser, normaliser
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.report import Figures, Report
from sentivox.evaluation.subsets import Key, groups, speaker_of
from sentivox.evaluation.transcripts import Errors, character_errors, error_rate, word_errors, words
from sentivox.evaluation.verdicts import drawn_by, few_speakers, speakers
from sentivox.evaluation.work import EvaluationRequest, Tick, in_parallel, read_audio
from sentivox.protocol.language import not_spoken
from sentivox.types import Transcript

UNSPACED: Final = frozenset({"zh", "yue", "ja", "th"})
"""Languages written without spaces, for which characters are counted instead of words."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The errors in the transcript of one recording.

    Attributes:
        errors: Errors after normalising both texts.
        raw: Errors without normalising.
        problem: Why the recording has no transcript, or one that serving would reject; else None.
    """

    errors: Errors
    raw: Errors
    problem: str | None


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the recogniser, in its worker processes, on whole recordings.

    Raises:
        DataError: The data cannot be read, or hold no transcript.
        AudioError: A recording cannot be read.
        ModelError: The recogniser does not start, or does not support the language.
    """
    examples = read_examples(request.path, split=request.split, limit=request.limit)
    with open_recogniser(request.models, request.told) as recogniser:
        return judge_recogniser(examples, recogniser, request.told, tick)


def judge_recogniser(
    examples: Sequence[Example], recogniser: WorkerPool, language: str, tick: Tick
) -> Report:  # fmt: skip
    """Evaluate a recogniser; a recording on which it fails counts as an empty transcript.

    Args:
        examples: Recordings with transcripts; others are left out.
        recogniser: Worker processes that run it.
        language: Language of the recordings, as a primary tag such as "en".
        tick: Called with the number of recordings done and the total.

    Raises:
        DataError: No recording has a transcript.
        AudioError: A recording cannot be read.
        ModelError: The recogniser does not start, or does not support the language.
    """
    clips = [e for e in examples if e.file is not None and words(e.transcript or "")]
    if not clips:
        raise DataError("no recording with words: the columns are 'file' and 'transcript'")
    about = recogniser.wait_ready()
    if about is not None and language not in about.languages:
        raise ModelError(not_spoken(about.name, language, about.languages))
    count = ErrorCounter.of(language)
    heard = in_parallel(
        lambda clip: transcribe_clip(recogniser, clip, language, count), clips, tick
    )
    name = "cer" if language in UNSPACED else "wer"

    def figures(rows: Iterable[int]) -> Figures:
        rows = list(rows)
        return {
            name: error_rate([heard[i].errors for i in rows]),
            f"{name}_raw": error_rate([heard[i].raw for i in rows]),
        }

    def by(key: Key) -> dict[str, Figures]:
        found = groups(clips, key)
        return {group: {"n": len(rows), **figures(rows)} for group, rows in found.items()}

    return Report(
        task="asr",
        n=len(clips),
        metrics=figures(range(len(clips))),
        ci95=intervals(figures, len(clips), speakers(clips)),
        ci95_by=drawn_by(clips),
        models={} if about is None else {"asr": about.name},
        left_out={"(no words)": silent} if (silent := len(examples) - len(clips)) else {},
        by={
            "corpus": by(lambda e: e.corpus),
            "speaker_group": by(lambda e: e.group),
            "speaker": by(speaker_of),
        },
        notes=[*_notes(heard), *few_speakers(clips)],
    )


@dataclass(frozen=True, slots=True)
class ErrorCounter:
    """How the errors of transcripts in one language are counted.

    Attributes:
        units: Counts wrong words or characters, given the reference and the transcript.
        normalise: Removes differences of spelling; None if the language has no such rules.
    """

    units: Callable[[str, str], Errors]
    normalise: Normaliser | None

    @classmethod
    def of(cls, language: str) -> "ErrorCounter":
        """How to count for a language.

        Raises:
            SentivoxError: The package with the rules for English is not installed.
        """
        units = character_errors if language in UNSPACED else word_errors
        return cls(units, normaliser(language))

    def __call__(self, said: str, heard: str) -> tuple[Errors, Errors]:
        """Errors of `heard` against the reference `said`: after normalising, and without."""
        raw = self.units(said, heard)
        if self.normalise is None:
            return raw, raw
        return self.units(self.normalise(said), self.normalise(heard)), raw


def transcribe_clip(
    recogniser: WorkerPool, clip: Example, language: str, count: ErrorCounter
) -> Recognised:
    """Transcribe one recording and count the errors.

    Raises:
        AudioError: The recording cannot be read.
        ValueError: `clip` has no recording or no transcript.
    """
    if clip.file is None or clip.transcript is None:
        raise ValueError("a recording and its transcript are needed")
    audio = read_audio(clip.file)
    value = recogniser.submit(audio, language).result().value
    if isinstance(value, Transcript):
        return Recognised(*count(clip.transcript, value.text), value.rejected)
    return Recognised(*count(clip.transcript, ""), str(getattr(value, "reason", value)))


def _notes(heard: Sequence[Recognised]) -> list[str]:
    problems = Counter(h.problem for h in heard if h.problem is not None)
    if not problems:
        return []
    said = ", ".join(f"{name} {count}" for name, count in sorted(problems.items()))
    return [f"recordings without words or with words that serving would not score: {said}"]
