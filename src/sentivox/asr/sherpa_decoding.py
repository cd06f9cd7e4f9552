"""Decode a stretch of audio with either of sherpa-onnx's two kinds of recogniser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from sentivox.types import SAMPLE_RATE, FloatArray

if TYPE_CHECKING:
    from sherpa_onnx import OfflineRecognizer, OnlineRecognizer

MAX_DECODE_SAMPLES: Final = 30 * SAMPLE_RATE
"""Most samples decoded at once (30 s): attention takes memory with the square of the length."""

TAIL_S: Final = 0.66
"""Seconds of silence that a streaming model needs after an utterance to return its last words."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The words in a stretch of audio; the other fields are empty if the model has no such figure.

    Attributes:
        text: The words.
        logprobs: Log-probability of each token.
        tokens: Text of each token.
        starts: Start of each token in seconds.
    """

    text: str
    logprobs: Sequence[float] = ()
    tokens: Sequence[str] = ()
    starts: Sequence[float] = ()


class Decoder(Protocol):
    """A loaded model that decodes audio."""

    def __call__(self, audio: FloatArray) -> Decoded:
        """Decode 16 kHz audio of full scale -1…1, shape (n,), n at most `MAX_DECODE_SAMPLES`."""
        ...


class OfflineDecoder:
    """Decodes with a model that takes whole utterances."""

    def __init__(self, recognizer: "OfflineRecognizer") -> None:
        self._recognizer = recognizer

    def __call__(self, audio: FloatArray) -> Decoded:
        """Decode audio: see `Decoder`."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        self._recognizer.decode_stream(stream)
        told = stream.result
        return Decoded(told.text.strip(), told.ys_log_probs, told.tokens, told.timestamps)


class StreamingDecoder:
    """Decodes with a streaming model, which is given the whole utterance at once."""

    def __init__(self, recognizer: "OnlineRecognizer") -> None:
        self._recognizer = recognizer

    def __call__(self, audio: FloatArray) -> Decoded:
        """Decode audio: see `Decoder`."""
        stream = self._recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        stream.accept_waveform(SAMPLE_RATE, np.zeros(round(TAIL_S * SAMPLE_RATE), np.float32))
        stream.input_finished()
        while self._recognizer.is_ready(stream):
            self._recognizer.decode_stream(stream)
        # The published English models write only capitals.
        text = self._recognizer.get_result(stream).strip().lower()
        tokens, starts = self._recognizer.tokens(stream), self._recognizer.timestamps(stream)
        return Decoded(text, self._recognizer.ys_probs(stream), tokens, starts)
