"""Transcribe with PocketSphinx and the English model in its wheel: inaccurate, but no download."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import pocketsphinx as ps

from sentivox.asr.guard import Evidence, audio_rejection, text_rejection
from sentivox.errors import ModelError
from sentivox.types import SAMPLE_RATE, Hypothesis, Int16Array, RecognisedWord, Transcript

_FILLER = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT = re.compile(r"\(\d+\)$")

MAX_READINGS: Final = 5
"""Most readings of an utterance, its transcript included. The sentiment over five agrees more often
with that of the true words than the sentiment of one does (benchmarks/readings.py). Ten cost twice
as much and add little."""

_PATHS: Final = 30
"""Paths through the lattice that are examined; most differ only in a silence or a pronunciation."""


class PocketSphinxTranscriber:
    """One PocketSphinx decoder (about 130 MB). It is not safe to share between threads."""

    name = "pocketsphinx/en-us"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        """Load the model.

        Raises:
            ModelError: the model's files are missing from the installed package.
        """
        try:
            self._decoder = ps.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
        except RuntimeError as error:
            raise ModelError(
                "PocketSphinx does not find its English model: "
                "reinstall it with `pip install --force-reinstall pocketsphinx`"
            ) from error

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance; earlier utterances have no influence."""
        return replace(self.transcribe_timed(audio, language), words=None)

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:  # noqa: ARG002
        """Transcribe as `transcribe` does, with word times, which the best path always has."""
        if reason := audio_rejection(audio):
            return Transcript("", "en", 0.0, reason)
        # Otherwise the noise estimate from one speaker would affect the next one's words.
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
            text_rejection(text, audio, evidence),
            alternatives=self._alternatives(text),
            words=words,
        )

    def _words(self) -> tuple[RecognisedWord, ...]:
        """Return the words of the best path, without silences and noises."""
        return tuple(
            RecognisedWord(
                _VARIANT.sub("", s.word),
                s.start_frame / 100,
                (s.end_frame + 1) / 100,
                min(1.0, s.prob),
            )
            for s in self._decoder.seg() or ()
            if not _FILLER.fullmatch(s.word)
        )

    def _alternatives(self, text: str) -> tuple[Hypothesis, ...]:
        """Return other words on the lattice's best paths, weighted by the paths' probabilities."""
        found: dict[str, float] = {}
        for path in islice(self._decoder.nbest() or (), _PATHS):
            if path is not None:
                found.setdefault(_plain(path.hypstr), path.score)
        own = found.pop(text, max(found.values(), default=0.0))
        others = islice(((words, p) for words, p in found.items() if words), MAX_READINGS - 1)
        # The probability of a long path can underflow to 0.
        return tuple(Hypothesis(words, min(1.0, p / own) if own else 1.0) for words, p in others)


def _plain(path: str) -> str:
    """Return a path's words, without silences and noises."""
    return " ".join(_VARIANT.sub("", w) for w in path.split() if not _FILLER.fullmatch(w))


def confidence(posteriors: Sequence[float]) -> float:
    """Return the expected share of right words: the mean of the words' posteriors, 0…1.

    It needs no calibration. On 280 clips of read speech (benchmarks/asr_quality.py) it correlates
    with each clip's 1 - WER at r = 0.64, the fitted line being 1.02 · confidence - 0.04. The
    geometric mean, the median and the path's own probability all correlate less.
    """
    if not posteriors:
        return 0.0
    return min(1.0, sum(posteriors) / len(posteriors))


def required(words: int, seconds: float) -> float:
    """Return the confidence below which words are probably made of noise.

    A sneeze, a bark or a saw that passes voice activity detection is short, and PocketSphinx finds
    a word or two in it, nearly always with low confidence. The fewer words a second, the more
    suspect they are. A longer stretch without any confidence is no speech either. The figures are
    just enough to reject the noises of ESC-10 (benchmarks/asr_guard.py).

    Args:
        words: Number of words.
        seconds: Duration of the utterance with its margins.
    """
    if seconds < 1.2:
        return 0.93
    if seconds < 2.0:
        return 0.5 if words < 2 * (seconds - 0.5) else 0.25
    return 0.02
