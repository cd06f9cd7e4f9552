"""Whisper's steps one by one: mel spectrogram, encoder, language detection, greedy decoding.

`WhisperModel.transcribe` pads every clip to 30 s, so that a "yes" costs as much as half a minute.
CTranslate2's encoder accepts shorter input, and when called directly takes time in proportion.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from sentivox.asr.words import TokenPiece
from sentivox.types import FloatArray, Int16Array

if TYPE_CHECKING:
    from faster_whisper import Encoded

WINDOW_FRAMES: Final = 3000
"""Frames of 10 ms in a full window of 30 s, on which Whisper was trained."""

SURE_LANGUAGE: Final = 0.8
"""Probability from which a language detected in a short window is accepted. Of 275 clips and
utterances of calls none was wrong above it, except in languages that Whisper does not know."""

_MIN_FRAMES: Final = 1000  # of 10 ms
_MARGIN: Final = 200  # frames of 10 ms
_MAX_TOKENS: Final = 224  # half of the decoder's context, as in Whisper


@dataclass(frozen=True, slots=True)
class Language:
    """A language tag, and its probability if it was detected, or None if it was given."""

    tag: str
    probability: float | None = None

    @property
    def sure(self) -> bool:
        """Whether the language was given, or detected with a high probability."""
        return self.probability is None or self.probability >= SURE_LANGUAGE


@dataclass(frozen=True, slots=True)
class Passage:
    """The words of one window.

    Attributes:
        text: The words.
        tokens: Number of tokens in the text.
        logprob: Mean log-probability of a token, including the end token.
        no_speech: Probability that nobody spoke, 0…1.
        ended: Whether the text ended by itself, and not at the limit on its length.
        ids: The tokens.
        encoded: The encoder's output that they were decoded from.
    """

    text: str
    tokens: int
    logprob: float
    no_speech: float
    ended: bool
    ids: tuple[int, ...] = ()
    encoded: "Encoded | None" = None


@dataclass(frozen=True, slots=True)
class _Prompt:
    """The tokenizer, prompt tokens and suppressed tokens for a language."""

    tokenizer: Tokenizer
    tokens: list[int]
    suppressed: tuple[int, ...]


class WhisperDecoder:
    """Decodes windows greedily: beam 1, temperature 0, no timestamps, no previous text.

    Args:
        model: The loaded model, on a CPU.
        lag: Seconds by which the model's word alignment is late.
    """

    def __init__(self, model: WhisperModel, lag: float = 0.0) -> None:
        self._model = model
        self._lag = lag
        self._prompts: dict[str, _Prompt] = {}

    @property
    def multilingual(self) -> bool:
        """Whether the model knows more languages than English."""
        return self._model.model.is_multilingual

    @property
    def languages(self) -> frozenset[str]:
        """Tags of the languages the model knows; the library lists some that older models lack."""
        known = self._model.hf_tokenizer.token_to_id
        tags = self._model.supported_languages
        return frozenset(t for t in tags if not self.multilingual or known(f"<|{t}|>") is not None)

    def mel(self, audio: Int16Array) -> FloatArray:
        """Return the log-mel spectrogram, shape (bands, frames), of mono int16 at 16 kHz."""
        features = self._model.feature_extractor(audio.astype(np.float32) / np.float32(32768))
        return features[:, :-1]  # the last frame lies beyond the audio

    def encode(self, mel: FloatArray, frames: int) -> "Encoded":
        """Encode a spectrogram that is cut, or padded with silence, to `frames` frames."""
        return self._model.encode(fit_window(mel, frames))

    def detect(self, encoded: "Encoded") -> Language:
        """Return the most probable language of an encoded window."""
        if not self.multilingual:
            return Language("en")
        token, probability = self._model.model.detect_language(encoded)[0][0]
        return Language(token.strip("<|>"), float(probability))

    def decode(self, encoded: "Encoded", language: str, max_tokens: int) -> Passage:
        """Decode an encoded window to at most `max_tokens` tokens in the given language."""
        prompt = self._prompt(language)
        limit = min(max_tokens, _MAX_TOKENS)
        (result,) = self._model.model.generate(
            encoded,
            [prompt.tokens],
            beam_size=1,
            max_length=2 * limit,  # CTranslate2 allows the text half of it
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=prompt.suppressed,
        )
        tokens = result.sequences_ids[0]
        return Passage(
            text=prompt.tokenizer.decode(tokens).strip(),
            tokens=len(tokens),
            # The score sums over the end token too, but is divided by the tokens without it.
            logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech=result.no_speech_prob,
            ended=len(tokens) < limit,
            ids=tuple(tokens),
            encoded=encoded,
        )

    def align(self, passage: Passage, language: str, frames: int) -> list[TokenPiece]:
        """Find the times of a text, by running the decoder once more over the known tokens.

        Args:
            passage: The decoded window.
            language: The language in which it was decoded.
            frames: Frames of 10 ms in the window, without padding.

        Returns:
            Pieces of the text, with times in seconds from the beginning of the window.
        """
        if passage.encoded is None or not passage.ids:
            return []
        (found,) = self._model.find_alignment(
            self._prompt(language).tokenizer, [list(passage.ids)], passage.encoded, frames
        )
        return [
            TokenPiece(
                word["word"],
                float(word["start"]) - self._lag,
                float(word["end"]) - self._lag,
                float(word["probability"]),
            )
            for word in found
        ]

    def _prompt(self, language: str) -> _Prompt:
        """The prompt for a language, kept because suppressed tokens take milliseconds to find."""
        if language not in self._prompts:
            tokenizer = Tokenizer(
                self._model.hf_tokenizer, self.multilingual, task="transcribe", language=language
            )
            self._prompts[language] = _Prompt(
                tokenizer=tokenizer,
                tokens=self._model.get_prompt(tokenizer, [], without_timestamps=True),
                suppressed=get_suppressed_tokens(tokenizer, [-1]),
            )
        return self._prompts[language]


def decode_windows(mel: FloatArray) -> Iterator[FloatArray]:
    """Yield a spectrogram, shape (bands, frames), in windows of 30 s; the last may be shorter."""
    for start in range(0, mel.shape[1], WINDOW_FRAMES):
        yield mel[:, start : start + WINDOW_FRAMES]


def fit_window(mel: FloatArray, frames: int) -> FloatArray:
    """Cut a window, or pad it with silence at its end, to shape (bands, frames).

    Whisper was trained on audio padded with zeros. Its spectrogram, limited to 80 dB below the
    maximum, has its minimum there. A zero in the spectrogram itself, as faster-whisper pads, is a
    hiss, in quiet recordings as loud as the speech.
    """
    missing = max(0, frames - mel.shape[1])
    return np.pad(mel[:, :frames], ((0, 0), (0, missing)), constant_values=mel.min())


def frames_to_encode(frames: int) -> int:
    """Return how many frames to encode for a clip: max(10 s, clip + 2 s), but at most 30 s.

    Exact trimming breaks stock Whisper: on LibriSpeech test-clean, the word error rate of tiny.en
    rises from 4.7 % to 226 % (futo-org/whisper-acft). With this margin there was no loss in 26
    clips (handy-computer/transcribe.cpp, issue 149).
    """
    wanted = max(_MIN_FRAMES, frames + _MARGIN)
    return min(wanted + wanted % 2, WINDOW_FRAMES)  # even: the encoder halves the rate


def token_limit(frames: int, language: str) -> int:
    """Return the most tokens that a clip of so many frames can hold, so that a loop ends soon.

    Fast English takes about 6 tokens a second. Whisper splits other languages into smaller tokens,
    some alphabets into two or three per letter.
    """
    return 8 + round((7 if language == "en" else 20) * frames / 100)
