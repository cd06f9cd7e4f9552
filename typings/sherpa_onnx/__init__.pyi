from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class OfflineRecognitionResult:
    text: str
    lang: str
    emotion: str
    event: str
    tokens: list[str]
    timestamps: list[float]
    ys_log_probs: list[float]

class OfflineStream:
    result: OfflineRecognitionResult
    def accept_waveform(self, sample_rate: float, waveform: NDArray[np.float32]) -> None: ...

class OfflineRecognizer:
    @classmethod
    def from_sense_voice(
        cls,
        model: str,
        tokens: str,
        num_threads: int = 1,
        *,
        language: str = "",
        use_itn: bool = False,
    ) -> OfflineRecognizer: ...
    @classmethod
    def from_transducer(
        cls,
        encoder: str,
        decoder: str,
        joiner: str,
        tokens: str,
        num_threads: int = 1,
        *,
        model_type: str = "transducer",
    ) -> OfflineRecognizer: ...
    @classmethod
    def from_moonshine(
        cls,
        preprocessor: str,
        encoder: str,
        uncached_decoder: str,
        cached_decoder: str,
        tokens: str,
        num_threads: int = 1,
    ) -> OfflineRecognizer: ...
    def create_stream(self) -> OfflineStream: ...
    def decode_stream(self, s: OfflineStream) -> None: ...

class OnlineStream:
    def accept_waveform(self, sample_rate: float, waveform: NDArray[np.float32]) -> None: ...
    def input_finished(self) -> None: ...

class OnlineRecognizer:
    @classmethod
    def from_transducer(
        cls,
        tokens: str,
        encoder: str,
        decoder: str,
        joiner: str,
        num_threads: int = 2,
        *,
        temperature_scale: float = 2.0,
    ) -> OnlineRecognizer: ...
    def create_stream(self) -> OnlineStream: ...
    def is_ready(self, s: OnlineStream) -> bool: ...
    def decode_stream(self, s: OnlineStream) -> None: ...
    def get_result(self, s: OnlineStream) -> str: ...
    def tokens(self, s: OnlineStream) -> list[str]: ...
    def timestamps(self, s: OnlineStream) -> list[float]: ...
    def ys_probs(self, s: OnlineStream) -> list[float]: ...

class SpeakerEmbeddingExtractorConfig:
    def __init__(self, model: str, num_threads: int = 1) -> None: ...

class SpeakerEmbeddingExtractor:
    dim: int
    def __init__(self, config: SpeakerEmbeddingExtractorConfig) -> None: ...
    def create_stream(self) -> OnlineStream: ...
    def compute(self, s: OnlineStream) -> Sequence[float]: ...
