"""Transcribe with faster-whisper: Whisper models from a folder on disk, in int8 on CPUs."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from faster_whisper import WhisperModel

from sentivox.asr.guard import Evidence, audio_rejection, doubles, is_certain, text_rejection
from sentivox.asr.whisper_decoder import (
    WINDOW_FRAMES,
    Language,
    Passage,
    WhisperDecoder,
    decode_windows,
    frames_to_encode,
    token_limit,
)
from sentivox.asr.words import TokenPiece, timed_words, trim_pauses
from sentivox.errors import ModelError
from sentivox.types import (
    SAMPLE_RATE,
    UNDETERMINED,
    FloatArray,
    Int16Array,
    RecognisedWord,
    Transcript,
)

ALIGNMENT_LAG_S: Final = {"whisper-tiny.en": 0.1, "whisper-base": -0.05}
"""Seconds by which a model's word alignment is late: its median error against a forced alignment
of LibriSpeech test-clean (benchmarks/word_times.py). It is the same on other speech."""

if TYPE_CHECKING:
    from faster_whisper import Encoded

_FILES: Final = ("config.json", "model.bin", "tokenizer.json")

HALLUCINATIONS: Final = frozenset(
    {
        "you", "thank you", "thank you for watching", "thanks for watching",
        "thank you so much for watching", "thanks for watching and i'll see you next time",
        "please subscribe", "please subscribe to my channel", "like and subscribe",
        "don't forget to like and subscribe", "see you next time", "see you in the next video",
        "subtitles by the amara org community", "transcribed by otter ai",
        "untertitel der amara org community", "untertitel im auftrag des zdf für funk 2017",
        "sous titres réalisés par la communauté d'amara org",
        "subtítulos realizados por la comunidad de amara org",
        "sottotitoli creati dalla comunità amara org",
        "legendas pela comunidade amara org",
        "продолжение следует", "спасибо за просмотр",
        "谢 谢 观 看", "谢 谢 大 家", "感 谢 观 看", "請 不 吝 點 贊 訂 閱",
        "字 幕 由 amara org 社 区 提 供", "字 幕 由 amara org 社 群 提 供",
        "ご 視 聴 あ り が と う ご ざ い ま し た",
        "시청해주셔서 감사합니다", "mbc 뉴스 이덕영입니다",
    }
)  # fmt: skip
"""Texts that Whisper, trained on subtitles, writes for silence and noise, in the form of
`sentivox.asr.guard.plain`. They are rejected only as whole texts and at low confidence, because
people do say thank you."""


class WhisperTranscriber:
    """Whisper in CTranslate2's int8, one decoder per process. It keeps nothing between calls."""

    def __init__(
        self, folder: str, *, name: str | None = None, threads: int = 1, trim: bool = True
    ) -> None:
        """Load a converted model and run it once.

        Args:
            folder: Holds config.json, model.bin, tokenizer.json, the vocabulary, and for models
                with 128 mel bands preprocessor_config.json.
            name: Model name to report; by default the folder's name.
            threads: CPU threads for one utterance.
            trim: Encode short clips in proportion to their length, not as 30 s.

        Raises:
            ModelError: a file is missing, or the files are not such a model.
        """
        path = Path(folder)
        # Checked here, because faster-whisper would download what is missing.
        for file in _FILES:
            if not (path / file).is_file():
                raise ModelError(f"{path} has no {file}: pull the model again")
        try:
            model = WhisperModel(str(path), device="cpu", compute_type="int8", cpu_threads=threads)
            bands = model.feature_extractor.mel_filters.shape[0]
            if bands != model.model.n_mels:
                raise ModelError(  # noqa: TRY301
                    f"{path} has no preprocessor_config.json for its {model.model.n_mels} bands: "
                    "pull the model again"
                )
            self.name = f"faster-whisper/{name or path.name}"
            self._decoder = WhisperDecoder(model, ALIGNMENT_LAG_S.get(name or path.name, 0.0))
            self._trim = trim
            self._passages(np.zeros(SAMPLE_RATE, np.int16), None)
        except ModelError:
            raise
        except Exception as error:  # CTranslate2 and tokenizers raise whatever they like
            reason = " ".join(str(error).split())
            raise ModelError(f"{path} is not a usable Whisper model: {reason}") from error
        self.languages = self._decoder.languages
        self.detects = self._decoder.multilingual

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, greedily and without context from others.

        A language of None is detected in the window that is encoded anyway or, if the result is
        uncertain, in the first 30 s, padded if need be.
        """
        return self._transcribe(audio, language, timed=False)

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe as `transcribe` does, with word times; that takes a tenth more computing."""
        return self._transcribe(audio, language, timed=True)

    def _transcribe(self, audio: Int16Array, language: str | None, *, timed: bool) -> Transcript:
        if reason := audio_rejection(audio):
            unknown = UNDETERMINED if self.detects else "en"
            return Transcript("", language or unknown, 0.0, reason)
        passages, found = self._passages(audio, language)
        text = " ".join(passage.text for passage in passages if passage.text)
        evidence = evidence_of_passages(passages)
        return Transcript(
            text=text,
            language=found.tag,
            confidence=evidence.confidence,
            rejected=text_rejection(text, audio, evidence),
            detected=found.probability,
            words=self._words(text, passages, found.tag, audio) if timed else None,
            certain=is_certain(text, evidence),
        )

    def _words(
        self, text: str, passages: Sequence[Passage], language: str, audio: Int16Array
    ) -> tuple[RecognisedWord, ...] | None:
        """Align the passages and return the words of the text, with times in the audio."""
        pieces: list[TokenPiece] = []
        for number, passage in enumerate(passages):
            before = number * WINDOW_FRAMES
            frames = min(WINDOW_FRAMES, len(audio) * 100 // SAMPLE_RATE - before)
            found = self._decoder.align(passage, language, frames)
            pieces += [piece.later(before / 100) for piece in found]
        words = timed_words(text, pieces)
        return None if words is None else trim_pauses(words, audio)

    def _passages(self, audio: Int16Array, language: str | None) -> tuple[list[Passage], Language]:
        """Decode all windows of 30 s; a shorter clip is encoded at its length, with a margin."""
        mel = self._decoder.mel(audio)
        frames = frames_to_encode(mel.shape[1])
        if self._trim and frames < WINDOW_FRAMES:
            encoded = self._decoder.encode(mel, frames)
            found = self._language(encoded, language)
            # An uncertain language is detected again on 30 s, on which Whisper was trained: that
            # is wrong less often, and takes seven times as long.
            if found.sure:
                passage = self._decode(encoded, mel, found)
                if passage.ended and not doubles(passage.text):
                    return [passage], found
            # The short window may have misled the decoder: decode again on 30 s.
        first, *rest = decode_windows(mel)
        encoded = self._decoder.encode(first, WINDOW_FRAMES)
        found = self._language(encoded, language)
        others = [self._decode(self._decoder.encode(w, WINDOW_FRAMES), w, found) for w in rest]
        return [self._decode(encoded, first, found), *others], found

    def _language(self, encoded: "Encoded", language: str | None) -> Language:
        """The language as given, or as detected in a window."""
        if language is None or not self._decoder.multilingual:
            return self._decoder.detect(encoded)
        return Language(language)

    def _decode(self, encoded: "Encoded", mel: FloatArray, language: Language) -> Passage:
        """Decode a window; `mel` is the part of it before the padding."""
        limit = token_limit(mel.shape[1], language.tag)
        return self._decoder.decode(encoded, language.tag, limit)


def evidence_of_passages(passages: Sequence[Passage]) -> Evidence:
    """Combine the figures of all passages, each weighted by its number of tokens.

    The confidence is the geometric mean of the tokens' probabilities.
    """
    tokens = sum(passage.tokens for passage in passages)
    if not tokens:
        return Evidence(confidence=0.0, inventions=HALLUCINATIONS)
    logprob = sum(passage.logprob * passage.tokens for passage in passages) / tokens
    return Evidence(
        confidence=min(1.0, math.exp(logprob)),
        logprob=logprob,
        no_speech=min(passage.no_speech for passage in passages),
        ended=all(passage.ended for passage in passages),
        inventions=HALLUCINATIONS,
    )
