"""Whisper's steps one by one: mel, encoder, language, greedy decoding.

`WhisperModel.transcribe` pads every clip to 30 s, so that a "yes" costs as much as half a
minute. CTranslate2's encoder takes less; called directly it does in proportion.
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

FULL: Final = 3000
"""Frames of 10 ms that Whisper was trained on."""

SURE_LANGUAGE: Final = 0.8
"""Probability from which the language found in a short window is taken for right: of 275 clips and
utterances of calls none was wrong above it, but where Whisper does not know the language at all."""

_MIN_FRAMES: Final = 1000
_MARGIN: Final = 200
_MAX_TOKENS: Final = 224


@dataclass(frozen=True, slots=True)
class Language:
    """A language, and its probability where it was found out (None where it was told)."""

    tag: str
    probability: float | None = None

    @property
    def sure(self) -> bool:
        """Whether it may be relied upon: told, or found with a high probability."""
        return self.probability is None or self.probability >= SURE_LANGUAGE


@dataclass(frozen=True, slots=True)
class Passage:
    """What one window says.

    Attributes:
        text: The words.
        tokens: How many tokens they are.
        logprob: Mean log-probability of a token, the end's included.
        no_speech: Probability that nobody spoke.
        ended: Whether the text came to its end, and not only to the limit.
        ids: The tokens themselves.
        encoded: What they were decoded from.
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
    tokenizer: Tokenizer
    tokens: list[int]
    suppressed: tuple[int, ...]


class WhisperDecoder:
    """Decodes windows greedily: beam 1, temperature 0, no timestamps, no text from before.

    Args:
        model: The loaded model, on a CPU.
        lag: Seconds by which its alignment is late.
    """

    def __init__(self, model: WhisperModel, lag: float = 0.0) -> None:
        self._model = model
        self._lag = lag
        self._prompts: dict[str, _Prompt] = {}

    @property
    def multilingual(self) -> bool:
        """Whether it knows more than English."""
        return self._model.model.is_multilingual

    @property
    def languages(self) -> frozenset[str]:
        """Tags of the languages it knows; the library lists some that older models lack."""
        known = self._model.hf_tokenizer.token_to_id
        tags = self._model.supported_languages
        return frozenset(t for t in tags if not self.multilingual or known(f"<|{t}|>") is not None)

    def mel(self, audio: Int16Array) -> FloatArray:
        """Log-mel spectrogram, shape (bands, frames), of mono int16 at 16 kHz."""
        features = self._model.feature_extractor(audio.astype(np.float32) / np.float32(32768))
        return features[:, :-1]  # the last frame lies beyond the audio

    def encode(self, mel: FloatArray, frames: int) -> "Encoded":
        """The encoder's output for a window of at most `frames`, padded with silence to as many."""
        return self._model.encode(padded(mel, frames))

    def detect(self, encoded: "Encoded") -> Language:
        """The most probable language of an encoded window."""
        if not self.multilingual:
            return Language("en")
        token, probability = self._model.model.detect_language(encoded)[0][0]
        return Language(token.strip("<|>"), float(probability))

    def decode(self, encoded: "Encoded", language: str, max_tokens: int) -> Passage:
        """The words of an encoded window, at most `max_tokens` tokens of them."""
        prompt = self._prompt(language)
        limit = min(max_tokens, _MAX_TOKENS)
        (result,) = self._model.model.generate(
            encoded,
            [prompt.tokens],
            beam_size=1,
            max_length=2 * limit,  # CTranslate2 leaves half of it to the text
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=prompt.suppressed,
        )
        tokens = result.sequences_ids[0]
        return Passage(
            text=prompt.tokenizer.decode(tokens).strip(),
            tokens=len(tokens),
            # The score is the mean over the tokens without the end, though it counts the end.
            logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech=result.no_speech_prob,
            ended=len(tokens) < limit,
            ids=tuple(tokens),
            encoded=encoded,
        )

    def align(self, passage: Passage, language: str, frames: int) -> list[TokenPiece]:
        """The text with its times: the decoder runs once more, over tokens that are known.

        Args:
            passage: What was decoded.
            language: As it was decoded.
            frames: Of its window, without the padding.

        Returns:
            Pieces with times in seconds of the window.
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
        """Made once a language: the suppressed tokens take a few milliseconds to find."""
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


def windows(mel: FloatArray) -> Iterator[FloatArray]:
    """The spectrogram in pieces of 30 s, as Whisper takes them; the last one is shorter."""
    for start in range(0, mel.shape[1], FULL):
        yield mel[:, start : start + FULL]


def padded(mel: FloatArray, frames: int) -> FloatArray:
    """A window and, after it, silence, shape (bands, frames).

    Whisper learnt with audio that zeros follow. Its spectrogram, in which nothing lies more than
    80 dB below the maximum, has its least value there. A zero in the spectrogram itself, as
    faster-whisper pads, is a hiss, in quiet recordings as loud as what is said.
    """
    missing = max(0, frames - mel.shape[1])
    return np.pad(mel[:, :frames], ((0, 0), (0, missing)), constant_values=mel.min())


def trimmed(frames: int) -> int:
    """Frames to encode for a clip of so many: max(10 s, clip + 2 s), and never over 30 s.

    Exact trimming breaks stock Whisper: on LibriSpeech test-clean tiny.en's word error rate
    goes from 4.7 % to 226 % (futo-org/whisper-acft). With this margin no loss was seen in 26
    clips (handy-computer/transcribe.cpp, issue 149).
    """
    wanted = max(_MIN_FRAMES, frames + _MARGIN)
    return min(wanted + wanted % 2, FULL)  # even: the encoder halves the rate


def token_limit(frames: int, language: str) -> int:
    """Tokens that a clip of so many frames can hold at the most, so that a loop ends soon.

    Quick English takes some 6 tokens a second; Whisper cuts other languages into smaller
    pieces, some alphabets into two or three a letter.
    """
    return 8 + round((7 if language == "en" else 20) * frames / 100)
