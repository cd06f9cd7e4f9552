"""The part of faster-whisper that Sentivox uses (it carries no types of its own)."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import numpy as np
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray
from tokenizers import Tokenizer as HfTokenizer

class Encoded:
    """CTranslate2's storage of an encoder output, shape (batch, positions, width)."""

    shape: list[int]

class Generated:
    sequences_ids: list[list[int]]
    scores: list[float]
    no_speech_prob: float

class CTranslate2Whisper:
    is_multilingual: bool
    n_mels: int
    def detect_language(self, features: Encoded) -> list[list[tuple[str, float]]]: ...
    def generate(
        self,
        features: Encoded,
        prompts: list[list[int]],
        *,
        beam_size: int = ...,
        max_length: int = ...,
        return_scores: bool = ...,
        return_no_speech_prob: bool = ...,
        suppress_blank: bool = ...,
        suppress_tokens: Sequence[int] | None = ...,
    ) -> list[Generated]: ...

class FeatureExtractor:
    mel_filters: NDArray[np.float32]
    def __call__(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]: ...

class TimedWord:
    word: str
    start: float
    end: float

class Segment:
    text: str
    words: list[TimedWord] | None

class TranscriptionInfo:
    language: str

class AlignedWord(TypedDict):
    word: str
    start: float
    end: float
    probability: float

class WhisperModel:
    model: CTranslate2Whisper
    hf_tokenizer: HfTokenizer
    feature_extractor: FeatureExtractor
    supported_languages: list[str]
    def __init__(
        self, model_size_or_path: str, device: str, compute_type: str, cpu_threads: int
    ) -> None: ...
    def encode(self, features: NDArray[np.float32]) -> Encoded: ...
    def get_prompt(
        self, tokenizer: Tokenizer, previous_tokens: list[int], without_timestamps: bool
    ) -> list[int]: ...
    def find_alignment(
        self,
        tokenizer: Tokenizer,
        text_tokens: list[list[int]],
        encoder_output: Encoded,
        num_frames: int,
    ) -> list[list[AlignedWord]]: ...
    def transcribe(
        self, audio: NDArray[np.float32], **options: object
    ) -> tuple[Iterable[Segment], TranscriptionInfo]: ...
