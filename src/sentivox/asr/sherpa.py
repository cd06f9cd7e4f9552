"""Recognisers that run on sherpa-onnx: Parakeet-TDT, Moonshine, streaming zipformer.

SenseVoice, which returns more than words, has its own module (`sensevoice`).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sentivox.asr.guard import Evidence, audio_rejection, text_rejection
from sentivox.asr.sherpa_decoding import (
    MAX_DECODE_SAMPLES,
    Decoded,
    Decoder,
    OfflineDecoder,
    StreamingDecoder,
)
from sentivox.asr.words import TokenPiece, pieces_of, timed_words
from sentivox.models.sherpa import (
    check_graph,
    check_tokens,
    find_file,
    load_sherpa_model,
    metadata_number,
)
from sentivox.types import (
    SAMPLE_RATE,
    UNDETERMINED,
    Int16Array,
    RecognisedWord,
    Transcript,
    as_float,
)

if TYPE_CHECKING:
    from sherpa_onnx import OfflineRecognizer, OnlineRecognizer

CUT_SEARCH_SAMPLES: Final = 5 * SAMPLE_RATE
CUT_FRAME_SAMPLES: Final = SAMPLE_RATE // 10
"""Audio longer than `MAX_DECODE_SAMPLES` is cut where it is quietest: over
CUT_FRAME_SAMPLES (0.1 s), within the last CUT_SEARCH_SAMPLES (5 s)."""


class SherpaTranscriber:
    """A loaded sherpa-onnx model as a Transcriber. It keeps nothing between calls.

    The model detects the language itself and does not report it. A transcript has the language
    that the caller named; without one, the only language the model knows, or UNDETERMINED.

    Args:
        name: Engine and model, as reported to clients.
        languages: BCP-47 primary tags of the languages it understands.
        decode: The model, which is run once.
    """

    def __init__(self, name: str, languages: Sequence[str], decode: Decoder) -> None:
        self.name = name
        self.languages = frozenset(languages)
        self._only = languages[0] if len(languages) == 1 else UNDETERMINED
        self._decode = decode
        decode(np.zeros(SAMPLE_RATE, np.float32))

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance."""
        return replace(self._transcribe(audio, language), words=None)

    def _transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, with word times if the tokens have times."""
        spoken = language or self._only
        if reason := audio_rejection(audio):
            return Transcript("", spoken, 0.0, reason)
        parts = split_audio(audio)
        heard = [self._decode(as_float(part)) for part in parts]
        text = " ".join(part.text for part in heard if part.text)
        logprobs = [p for part in heard for p in part.logprobs]
        logprob = sum(logprobs) / len(logprobs) if logprobs else None
        confidence = None if logprob is None else min(1.0, math.exp(logprob))
        evidence = Evidence(confidence=confidence, logprob=logprob)
        rejected = text_rejection(text, audio, evidence)
        return Transcript(text, spoken, confidence, rejected, words=_words(text, parts, heard))


class TimingSherpaTranscriber(SherpaTranscriber):
    """A SherpaTranscriber whose model reports the start of each token."""

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, with word times from the starts of the tokens."""
        return self._transcribe(audio, language)


def _words(
    text: str, parts: Sequence[Int16Array], heard: Sequence[Decoded]
) -> tuple[RecognisedWord, ...] | None:
    """Join the tokens of all parts to words, with times in the whole audio."""
    found: list[TokenPiece] = []
    start = 0.0
    for part, said in zip(parts, heard, strict=True):
        length = len(part) / SAMPLE_RATE
        sure = [min(1.0, math.exp(p)) for p in said.logprobs]
        told = pieces_of(said.tokens, said.starts, sure, end=length)
        found += [piece.later(start) for piece in told]
        start += length
    return timed_words(text, found)


def parakeet(
    folder: str, *, name: str | None = None, languages: Sequence[str] = ("en",), threads: int = 1
) -> SherpaTranscriber:
    """Load NVIDIA's Parakeet-TDT, a transducer that skips frames.

    Args:
        folder: Holds encoder, decoder and joiner (`*.onnx` or `*.int8.onnx`) and tokens.txt.
        name: Model name to report; by default the folder's name.
        languages: BCP-47 primary tags of the languages it was trained on.
        threads: CPU threads for one utterance.

    Raises:
        ModelError: sherpa-onnx or a file is missing, or the files are not such a model.
    """
    path = Path(folder)
    encoder, decoder, joiner = (find_file(path, f"{part}*.onnx") for part in _TRANSDUCER)
    entries = ("vocab_size", "subsampling_factor", "pred_rnn_layers", "pred_hidden")
    header = check_graph(encoder, "the encoder of a Parakeet model", inputs=2, entries=entries)
    check_graph(decoder, "the decoder of a Parakeet model", inputs=4)
    check_graph(joiner, "the joiner of a transducer", inputs=2)
    tokens = check_tokens(path, metadata_number(header, "vocab_size", encoder) + 1)

    def build() -> "OfflineRecognizer":
        from sherpa_onnx import OfflineRecognizer  # noqa: PLC0415  (an extra)

        return OfflineRecognizer.from_transducer(
            str(encoder), str(decoder), str(joiner), str(tokens), threads,
            model_type="nemo_transducer",
        )  # fmt: skip

    decode = OfflineDecoder(load_sherpa_model(path, build))
    called = _called("parakeet", name, path)
    return load_sherpa_model(path, lambda: TimingSherpaTranscriber(called, languages, decode))


def moonshine(
    folder: str, *, name: str | None = None, languages: Sequence[str] = ("en",), threads: int = 1
) -> SherpaTranscriber:
    """Load Useful Sensors' Moonshine, which is small and quick on short clips.

    It reports neither confidence nor token times.

    Args:
        folder: Holds preprocess, encode, uncached_decode and cached_decode (`*.onnx` or
            `*.int8.onnx`) and tokens.txt.
        name: Model name to report; by default the folder's name.
        languages: BCP-47 primary tags of the languages it was trained on.
        threads: CPU threads for one utterance.

    Raises:
        ModelError: sherpa-onnx or a file is missing, or the files are not such a model.
    """
    path = Path(folder)
    parts = {"preprocess": 1, "encode": 2, "uncached_decode": 3, "cached_decode": 4}
    files = [find_file(path, f"{part}*.onnx") for part in parts]
    for file, (part, inputs) in zip(files, parts.items(), strict=True):
        check_graph(file, f"{part} of a Moonshine model", inputs=inputs)
    tokens = check_tokens(path)

    def build() -> "OfflineRecognizer":
        from sherpa_onnx import OfflineRecognizer  # noqa: PLC0415  (an extra)

        return OfflineRecognizer.from_moonshine(
            str(files[0]), str(files[1]), str(files[2]), str(files[3]), str(tokens), threads
        )

    decode = OfflineDecoder(load_sherpa_model(path, build))
    return load_sherpa_model(
        path, lambda: SherpaTranscriber(_called("moonshine", name, path), languages, decode)
    )


def zipformer(
    folder: str, *, name: str | None = None, languages: Sequence[str] = ("en",), threads: int = 1
) -> SherpaTranscriber:
    """Load a streaming zipformer transducer of the icefall project, to decode whole utterances.

    Args:
        folder: Holds encoder, decoder and joiner (`*.onnx` or `*.int8.onnx`) and tokens.txt.
        name: Model name to report; by default the folder's name.
        languages: BCP-47 primary tags of the languages it was trained on.
        threads: CPU threads for one utterance.

    Raises:
        ModelError: sherpa-onnx or a file is missing, or the files are not such a model.
    """
    path = Path(folder)
    encoder, decoder, joiner = (find_file(path, f"{part}*.onnx") for part in _TRANSDUCER)
    entries = ("model_type", "decode_chunk_len", "T", "num_encoder_layers", "left_context_len")
    check_graph(encoder, "the encoder of a streaming zipformer", inputs=3, entries=entries)
    header = check_graph(
        decoder, "the decoder of a transducer", inputs=1, entries=("vocab_size", "context_size")
    )
    check_graph(joiner, "the joiner of a transducer", inputs=2)
    tokens = check_tokens(path, metadata_number(header, "vocab_size", decoder))

    def build() -> "OnlineRecognizer":
        from sherpa_onnx import OnlineRecognizer  # noqa: PLC0415  (an extra)

        return OnlineRecognizer.from_transducer(
            str(tokens), str(encoder), str(decoder), str(joiner), threads, temperature_scale=1.0
        )

    decode = StreamingDecoder(load_sherpa_model(path, build))
    called = _called("zipformer", name, path)
    return load_sherpa_model(path, lambda: TimingSherpaTranscriber(called, languages, decode))


def split_audio(audio: Int16Array) -> list[Int16Array]:
    """Split audio, shape (n,), where it is quietest: at most `MAX_DECODE_SAMPLES` a part."""
    cut: list[Int16Array] = []
    while len(audio) > MAX_DECODE_SAMPLES:
        search = (
            audio[MAX_DECODE_SAMPLES - CUT_SEARCH_SAMPLES : MAX_DECODE_SAMPLES]
            .reshape(-1, CUT_FRAME_SAMPLES)
            .astype(np.float32)
        )
        quietest = int(np.square(search).mean(axis=1).argmin())
        at = (
            MAX_DECODE_SAMPLES
            - CUT_SEARCH_SAMPLES
            + quietest * CUT_FRAME_SAMPLES
            + CUT_FRAME_SAMPLES // 2
        )
        cut.append(audio[:at])
        audio = audio[at:]
    return [*cut, audio]


_TRANSDUCER: Final = ("encoder", "decoder", "joiner")


def _called(engine: str, name: str | None, folder: Path) -> str:
    """Engine and model, as reported to clients."""
    return f"{engine}/{name or folder.name}"
