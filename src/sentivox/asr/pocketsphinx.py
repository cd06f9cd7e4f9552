"""PocketSphinx with the English model of its own wheel: modest ears that need no download."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import pocketsphinx as ps

from sentivox.asr.guard import Evidence, reject, unheard
from sentivox.errors import ModelError
from sentivox.types import SAMPLE_RATE, HeardWord, Int16Array, Reading, Transcript

_FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT = re.compile(r"\(\d+\)$")

READINGS: Final = 5
"""Of an utterance, at most. The sentiment over five agrees with that of what was said more often
than that of one does (benchmarks/readings.py); ten cost twice as much and add little."""

_PATHS: Final = 30
"""Through the lattice that are looked at: most differ in a silence or in how a word is spoken."""


class PocketSphinxTranscriber:
    """One decoder (about 130 MB), created once; not safe to share between threads."""

    name = "pocketsphinx/en-us"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        """Load the model.

        Raises:
            ModelError: the model's files are not in the wheel.
        """
        try:
            self._decoder = ps.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
        except RuntimeError as error:
            raise ModelError(
                "PocketSphinx does not find its English model: "
                "reinstall it with `pip install --force-reinstall pocketsphinx`"
            ) from error

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance; what was transcribed before has no influence."""
        return replace(self.transcribe_timed(audio, language), words=None)

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:  # noqa: ARG002
        """The same with the words' times, which the best path tells anyway."""
        if reason := unheard(audio):
            return Transcript("", "en", 0.0, reason)
        # Without this the noise estimate of one speaker would colour the next one's words.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        # The whole utterance at once, so that its own cepstral mean normalises it.
        self._decoder.process_raw(audio.tobytes(), full_utt=True)
        self._decoder.end_utt()
        words = self._words()
        text = " ".join(word.text for word in words)
        evidence = Evidence(
            confidence=confidence([word.confidence or 0.0 for word in words]),
            required=required(len(words), len(audio) / SAMPLE_RATE),
        )
        return Transcript(
            text,
            "en",
            evidence.confidence,
            reject(text, audio, evidence),
            alternatives=self._alternatives(text),
            words=words,
        )

    def _words(self) -> tuple[HeardWord, ...]:
        """The words of the best path, without silences and noises."""
        return tuple(
            HeardWord(
                _VARIANT.sub("", s.word),
                s.start_frame / 100,
                (s.end_frame + 1) / 100,
                min(1.0, s.prob),
            )
            for s in self._decoder.seg() or ()
            if not _FILLER.fullmatch(s.word)
        )

    def _alternatives(self, text: str) -> tuple[Reading, ...]:
        """Other words of the lattice's best paths, weighed by the paths' probabilities."""
        found: dict[str, float] = {}
        for path in islice(self._decoder.nbest() or (), _PATHS):
            if path is not None:
                found.setdefault(_plain(path.hypstr), path.score)
        own = found.pop(text, max(found.values(), default=0.0))
        others = islice(((words, p) for words, p in found.items() if words), READINGS - 1)
        # The probability of a long path can be less than a float holds.
        return tuple(Reading(words, min(1.0, p / own) if own else 1.0) for words, p in others)


def _plain(path: str) -> str:
    """A path's words, without silences and noises."""
    return " ".join(_VARIANT.sub("", w) for w in path.split() if not _FILLER.fullmatch(w))


def confidence(posteriors: Sequence[float]) -> float:
    """Expected share of right words: the mean of the words' posteriors on the lattice.

    It needs no calibration. On 280 clips of read speech (benchmarks/asr_quality.py) it follows
    each clip's 1 - WER with r = 0.64, the fitted line being 1.02 · confidence - 0.04; the
    geometric mean, the median and the path's own probability all follow it less closely.
    """
    if not posteriors:
        return 0.0
    return min(1.0, sum(posteriors) / len(posteriors))


def required(words: int, seconds: float) -> float:
    """Confidence that so many words need in an utterance this long, its margins included.

    A sneeze, a bark or a saw that voice activity detection lets pass is short, and PocketSphinx
    has a word or two for it, nearly always in doubt; the fewer a second, the more suspect. A
    longer stretch in which it believes no word at all is no speech either. The figures are
    those that silence ESC-10 (benchmarks/asr_guard.py), with little to spare.
    """
    if seconds < 1.2:
        return 0.93
    if seconds < 2.0:
        return 0.5 if words < 2 * (seconds - 0.5) else 0.25
    return 0.02
