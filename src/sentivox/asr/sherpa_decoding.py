"""What sherpa-onnx's two kinds of recogniser hear in a stretch of audio."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray

if TYPE_CHECKING:
    from sherpa_onnx import OfflineRecognizer, OnlineRecognizer

LONGEST: Final = 30 * SAMPLE_RATE
"""Samples decoded at once: attention over more costs memory with the square of the length."""

TAIL_S: Final = 0.66
"""Silence after an utterance that a streaming model needs to give its last words."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Words, and of each token what the engine tells: log-probability, text, start in seconds."""

    text: str
    logprobs: Sequence[float] = ()
    tokens: Sequence[str] = ()
    starts: Sequence[float] = ()


class Decoder(Protocol):
    """A loaded model."""

    def __call__(self, audio: FloatArray) -> Decoded:
        """The words of audio in -1…1, at most `LONGEST` samples."""
        ...


class Offline:
    """A model that takes an utterance whole."""

    def __init__(self, recognizer: "OfflineRecognizer") -> None:
        self._recognizer = recognizer

    def __call__(self, audio: FloatArray) -> Decoded:
        """The words of audio in -1…1."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        self._recognizer.decode_stream(stream)
        told = stream.result
        return Decoded(told.text.strip(), told.ys_log_probs, told.tokens, told.timestamps)


class Online:
    """A model that takes it bit by bit, and all the bits at once."""

    def __init__(self, recognizer: "OnlineRecognizer") -> None:
        self._recognizer = recognizer

    def __call__(self, audio: FloatArray) -> Decoded:
        """The words of audio in -1…1."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        stream.accept_waveform(SAMPLE_RATE, np.zeros(round(TAIL_S * SAMPLE_RATE), np.float32))
        stream.input_finished()
        while self._recognizer.is_ready(stream):
            self._recognizer.decode_stream(stream)
        # The published English models write capitals only.
        text = self._recognizer.get_result(stream).strip().lower()
        tokens, starts = self._recognizer.tokens(stream), self._recognizer.timestamps(stream)
        return Decoded(text, self._recognizer.ys_probs(stream), tokens, starts)
