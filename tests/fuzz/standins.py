"""Models of the real types that answer at once, so that a million inputs take minutes.

Loud is speech; what a model says depends on its input alone. The recogniser runs in a real
worker process and its result takes the real way back.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.engine import Engine
from sentivox.engine.parts import LoadedModels
from sentivox.engine.workers import WorkerPool
from sentivox.speech.vad import SileroVad
from sentivox.types import FloatArray, Int16Array, SpeechScore, TextScores, ToneScores, Transcript
from tests.stream.harness import LoudnessDetector, log_probs


class Loudness:
    """Voice activity detection without a model."""

    def stream(self) -> LoudnessDetector:
        """A detector for one stream."""
        return LoudnessDetector()


class QuickTone:
    """Scores the mean of the features."""

    name = "quick-tone/1"

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        """One result a window."""
        emotions = np.full(8, 1 / 8, np.float32)
        return [ToneScores(log_probs(float(np.nan_to_num(w.mean()))), emotions) for w in windows]


class QuickSpeech:
    """Takes whatever has an even number of samples for speech."""

    name = "quick-speech/1"

    def classify(self, utterances: Sequence[Int16Array]) -> list[SpeechScore]:
        """One result an utterance."""
        return [SpeechScore(0.1 + 0.8 * (len(audio) % 2 == 0)) for audio in utterances]


class QuickText:
    """Scores the length of the text."""

    name = "quick-text/1"
    languages = frozenset({"en"})

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """One result a text."""
        return [TextScores(log_probs(len(text))) for text in texts]


class QuickEars:
    """Hears one word, and nothing where the audio's last sample is a multiple of 16."""

    name = "quick-ears/1"
    languages = frozenset({"en"})

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """What was said."""
        if len(audio) and audio[-1] % 16 == 0:
            raise ValueError("nothing")
        return Transcript("word", language or "en", 0.5)


def quick_engine() -> Engine:
    """A real engine with these models; the caller closes it."""
    pool = WorkerPool(TranscriberSpec("tests.fuzz.standins:QuickEars"))
    pool.wait_ready()
    return Engine(
        LoadedModels(
            profile="quick",
            vad=cast("SileroVad", Loudness()),
            tone=QuickTone(),
            speech=QuickSpeech(),
            texts=(QuickText(),),
            asr=pool,
        )
    )
