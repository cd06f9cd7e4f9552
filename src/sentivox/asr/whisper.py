"""faster-whisper: good ears from a folder on disk, int8 on CPUs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from sentivox.asr.guard import reject
from sentivox.errors import ModelError
from sentivox.types import Int16Array, Transcript

_FILES = ("config.json", "model.bin", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class DecodeStats:
    """What Whisper says of its own decoding, over the whole utterance.

    Attributes:
        logprob: Mean log-probability of a token.
        no_speech: Probability that nobody spoke.
        compression: Text length over its gzip length; high when it repeats itself.
    """

    logprob: float
    no_speech: float
    compression: float


class WhisperTranscriber:
    """Whisper in CTranslate2's int8, one decoder a process."""

    def __init__(self, folder: str, *, name: str | None = None, threads: int = 1) -> None:
        """Load a converted model.

        Args:
            folder: With config.json, model.bin, tokenizer.json and the vocabulary.
            name: What to call it; by default the folder's name.
            threads: CPU threads for one utterance.

        Raises:
            ModelError: a file is missing, or the files are not such a model.
        """
        path = Path(folder)
        # Checked here, because faster-whisper would go and download what is not there.
        for file in _FILES:
            if not (path / file).is_file():
                raise ModelError(f"{path} has no {file}: pull the model again")
        try:
            self._model = WhisperModel(
                str(path), device="cpu", compute_type="int8", cpu_threads=threads
            )
        except Exception as error:  # CTranslate2 and tokenizers raise whatever they like
            reason = " ".join(str(error).split())
            raise ModelError(f"{path} is not a usable Whisper model: {reason}") from error
        self.name = f"faster-whisper/{name or path.name}"
        self.languages = frozenset(self._model.supported_languages)

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, greedily and without context from others."""
        if too_short := reject("", audio):
            return Transcript("", language or "en", 0.0, too_short)
        # One pass and no fallback temperatures: those turn 1 s into 10, for worse text. All of
        # Whisper's own thresholds are off, because we judge its figures below.
        segments, info = self._model.transcribe(  # pyright: ignore[reportUnknownMemberType]
            audio.astype(np.float32) / 32768,
            language=language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            compression_ratio_threshold=None,
            log_prob_threshold=None,
            no_speech_threshold=None,
        )
        heard = list(segments)
        text = " ".join(segment.text.strip() for segment in heard)
        stats = summarise(
            [s.avg_logprob for s in heard],
            [s.no_speech_prob for s in heard],
            [s.compression_ratio for s in heard],
            [len(s.tokens) for s in heard],
        )
        rejected = refuse(stats) or reject(text, audio)
        return Transcript(text, info.language, confidence(stats), rejected)


def summarise(
    logprobs: Sequence[float],
    no_speech: Sequence[float],
    compression: Sequence[float],
    tokens: Sequence[int],
) -> DecodeStats:
    """One set of figures from those of each 30 s segment, weighted by tokens where it matters."""
    weight = sum(tokens)
    if not weight:
        return DecodeStats(-math.inf, max(no_speech, default=1.0), 0.0)
    mean = sum(p * n for p, n in zip(logprobs, tokens, strict=True)) / weight
    return DecodeStats(mean, min(no_speech), max(compression))


def confidence(stats: DecodeStats) -> float:
    """Mean probability of a token (geometric), 0…1."""
    return min(1.0, math.exp(stats.logprob))


def refuse(stats: DecodeStats) -> str | None:
    """Why Whisper's own figures say that the text was invented, or None.

    The thresholds are those of Whisper itself (Radford et al. 2022, section 4.5): it takes
    silence for granted only where both its no-speech and its text probability say so.
    """
    if stats.no_speech > 0.6 and stats.logprob < -1.0:
        return "no_speech"
    if stats.compression > 2.4:
        return "repetition"
    return None
