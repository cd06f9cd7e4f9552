"""SenseVoiceSmall on sherpa-onnx: words, language, emotion and sound events in one pass.

Before the words the model writes four tags: `<|en|><|HAPPY|><|Speech|><|withitn|>` (An et al.
2024, "FunAudioLLM", section 3.1). These are labels without probabilities, so they are treated as
hints: the emotion is a third opinion of little weight in the fusion.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sentivox.asr.guard import Evidence, audio_rejection, text_rejection
from sentivox.asr.sherpa import split_audio
from sentivox.asr.words import TokenPiece, pieces_of, timed_words
from sentivox.errors import ModelError
from sentivox.models.sherpa import (
    check_graph,
    check_tokens,
    find_file,
    load_sherpa_model,
    metadata_number,
)
from sentivox.types import SAMPLE_RATE, UNDETERMINED, FloatArray, Int16Array, Transcript, as_float

if TYPE_CHECKING:
    from sherpa_onnx import OfflineRecognizer

LANGUAGES: Final = ("zh", "yue", "en", "ja", "ko")
AUTO_LANGUAGE: Final = "auto"  # the language setting that detects the language
NOBODY: Final = "nospeech"  # the tag of audio without speech

SENSEVOICE_EMOTIONS: Final = {
    "neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry",
    "fearful": "fearful", "disgusted": "disgust", "surprised": "surprised",
}  # fmt: skip
"""SenseVoice's names of emotions in ours; its tag for an unknown emotion is ignored."""

EVENTS: Final = {
    "bgm": "music", "applause": "applause", "laughter": "laughter", "cry": "crying",
    "sneeze": "sneeze", "breath": "breath", "cough": "cough", "sing": "singing",
}  # fmt: skip
"""SenseVoice's names of sounds in ours; its tag for speech is ignored."""

_TAG = re.compile(r"<\|([^|<>]*)\|>")
_ENTRIES: Final = (
    "vocab_size", "lfr_window_size", "lfr_window_shift", "normalize_samples", "with_itn",
    "without_itn", "neg_mean", "inv_stddev",
    *(f"lang_{tag}" for tag in (AUTO_LANGUAGE, *LANGUAGES)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaggedText:
    """The words of one pass and what its tags say.

    Attributes:
        text: The words, without tags.
        language: Detected language, if tagged.
        emotion: One of `sentivox.types.EMOTIONS`, if tagged.
        events: Sounds beside the words, in our names.
        nobody: Whether the audio is tagged as without speech.
        pieces: The tokens with their times.
    """

    text: str
    language: str | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()
    nobody: bool = False
    pieces: tuple[TokenPiece, ...] = ()


def parse_tags(text: str, *tags: str) -> TaggedText:
    """Separate words and tags.

    Args:
        text: The words, perhaps with tags among them.
        tags: Tags from fields of their own.
    """
    names = [name.lower() for name in _TAG.findall("".join((*tags, text)))]
    return TaggedText(
        text=" ".join(_TAG.sub(" ", text).split()),
        language=next((name for name in names if name in LANGUAGES), None),
        emotion=next(
            (SENSEVOICE_EMOTIONS[name] for name in names if name in SENSEVOICE_EMOTIONS), None
        ),
        events=tuple(dict.fromkeys(EVENTS[name] for name in names if name in EVENTS)),
        nobody=NOBODY in names,
    )


class SenseVoiceTranscriber:
    """SenseVoiceSmall in int8. It keeps nothing between calls except loaded models.

    sherpa-onnx fixes the language when it loads a model. One model that detects the language
    serves every call. Only if it detects another language than the caller named is the audio
    decoded again, by a second model for the named language. That one is loaded on first use and
    kept, which takes as much memory again.
    """

    def __init__(
        self,
        folder: str,
        *,
        name: str | None = None,
        languages: Sequence[str] = LANGUAGES,
        threads: int = 1,
        itn: bool = True,
    ) -> None:
        """Load the model and run it once.

        Args:
            folder: Holds model.int8.onnx or model.onnx, and tokens.txt.
            name: Model name to report; by default the folder's name.
            languages: Which of LANGUAGES to offer.
            threads: CPU threads for one utterance.
            itn: Write numbers as digits, and punctuation (inverse text normalisation).

        Raises:
            ModelError: sherpa-onnx or a file is missing, the files are not such a model, or it
                does not support a language.
        """
        path = Path(folder)
        if unknown := sorted(set(languages) - set(LANGUAGES)):
            spoken = ", ".join(LANGUAGES)
            raise ModelError(
                f"SenseVoice does not support {', '.join(unknown)}: choose from {spoken}"
            )
        model = find_file(path, "model*.onnx")
        header = check_graph(model, "a SenseVoice model", inputs=4, entries=_ENTRIES)
        tokens = check_tokens(path, metadata_number(header, "vocab_size", model))
        self._load = partial(_load, path, model, tokens, threads=threads, itn=itn)
        self._loaded = {AUTO_LANGUAGE: self._load(AUTO_LANGUAGE)}
        self._hear(AUTO_LANGUAGE, np.zeros(SAMPLE_RATE, np.float32))
        self.name = f"sensevoice/{name or path.name}"
        self.languages = frozenset(languages)

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, with its emotion and the sounds in it.

        A detected language has no probability, so a channel keeps the first one.
        """
        return replace(self.transcribe_timed(audio, language), words=None)

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe as `transcribe` does, with word times from the starts of the tokens."""
        if reason := audio_rejection(audio):
            return Transcript("", language or UNDETERMINED, 0.0, reason)
        cut = split_audio(audio)
        parts = [self._listen(as_float(piece), language) for piece in cut]
        text = " ".join(part.text for part in parts if part.text)
        # The first part's tags stand for all: only long audio without a pause has several parts.
        first = parts[0]
        nobody = all(part.nobody for part in parts)
        return Transcript(
            text=text,
            language=language or first.language or UNDETERMINED,
            rejected="no_speech" if nobody else text_rejection(text, audio, Evidence()),
            events=tuple(dict.fromkeys(event for part in parts for event in part.events)),
            emotion=first.emotion,
            words=timed_words(text, _in_order(cut, parts)),
        )

    def _listen(self, audio: FloatArray, language: str | None) -> TaggedText:
        """Decode with language detection, then again if another language was named."""
        heard = self._hear(AUTO_LANGUAGE, audio)
        if language is None or heard.nobody or heard.language in (language, None):
            return heard
        if language not in self._loaded:
            self._loaded[language] = self._load(language)
        return self._hear(language, audio)

    def _hear(self, language: str, audio: FloatArray) -> TaggedText:
        """Decode with the model loaded for a language or AUTO_LANGUAGE."""
        recognizer = self._loaded[language]
        stream = recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        recognizer.decode_stream(stream)
        result = stream.result
        told = parse_tags(result.text, result.lang, result.emotion, result.event)
        end = len(audio) / SAMPLE_RATE
        return replace(told, pieces=tuple(pieces_of(result.tokens, result.timestamps, end=end)))


def _in_order(cut: Sequence[Int16Array], parts: Sequence[TaggedText]) -> Iterator[TokenPiece]:
    """Yield the pieces of all parts, with times in the whole audio."""
    start = 0.0
    for audio, part in zip(cut, parts, strict=True):
        yield from (piece.later(start) for piece in part.pieces)
        start += len(audio) / SAMPLE_RATE


def _load(
    folder: Path, model: Path, tokens: Path, language: str, *, threads: int, itn: bool
) -> "OfflineRecognizer":
    """Load the model with its language fixed, or AUTO_LANGUAGE to detect it."""

    def build() -> "OfflineRecognizer":
        from sherpa_onnx import OfflineRecognizer  # noqa: PLC0415  (an extra)

        return OfflineRecognizer.from_sense_voice(
            str(model), str(tokens), threads, language=language, use_itn=itn
        )

    return load_sherpa_model(folder, build)
