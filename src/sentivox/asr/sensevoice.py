"""SenseVoiceSmall on sherpa-onnx: words, language, emotion and sound events in one pass.

Before the words the model writes four tags: `<|en|><|HAPPY|><|Speech|><|withitn|>` (An et al.
2024, "FunAudioLLM", section 3.1). They are labels without probabilities, and so are treated as
hints: the emotion is a third opinion of little weight in the fusion.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sentivox.asr.guard import Evidence, reject, unheard
from sentivox.asr.sherpa import pieces
from sentivox.asr.words import TokenPiece, pieces_of, words_of
from sentivox.errors import ModelError
from sentivox.models.sherpa import check, check_tokens, find, load, number
from sentivox.types import SAMPLE_RATE, UNDETERMINED, FloatArray, Int16Array, Transcript, as_float

if TYPE_CHECKING:
    from sherpa_onnx import OfflineRecognizer

LANGUAGES: Final = ("zh", "yue", "en", "ja", "ko")
AUTO: Final = "auto"
NOBODY: Final = "nospeech"

EMOTIONS: Final = {
    "neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry",
    "fearful": "fearful", "disgusted": "disgust", "surprised": "surprised",
}  # fmt: skip
"""SenseVoice's names of emotions in ours; it has one more for "I do not know"."""

EVENTS: Final = {
    "bgm": "music", "applause": "applause", "laughter": "laughter", "cry": "crying",
    "sneeze": "sneeze", "breath": "breath", "cough": "cough", "sing": "singing",
}  # fmt: skip
"""Its names of sounds, but for speech, which goes without saying."""

_TAG = re.compile(r"<\|([^|<>]*)\|>")
_ENTRIES: Final = (
    "vocab_size", "lfr_window_size", "lfr_window_shift", "normalize_samples", "with_itn",
    "without_itn", "neg_mean", "inv_stddev", *(f"lang_{tag}" for tag in (AUTO, *LANGUAGES)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tagged:
    """One pass's words, freed of tags, and what the tags say; None where they say nothing."""

    text: str
    language: str | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()
    nobody: bool = False
    pieces: tuple[TokenPiece, ...] = ()


def untag(text: str, *tags: str) -> Tagged:
    """Words and tags apart, wherever the tags stand: in fields of their own or among the words."""
    names = [name.lower() for name in _TAG.findall("".join((*tags, text)))]
    return Tagged(
        text=" ".join(_TAG.sub(" ", text).split()),
        language=next((name for name in names if name in LANGUAGES), None),
        emotion=next((EMOTIONS[name] for name in names if name in EMOTIONS), None),
        events=tuple(dict.fromkeys(EVENTS[name] for name in names if name in EVENTS)),
        nobody=NOBODY in names,
    )


class SenseVoiceTranscriber:
    """SenseVoiceSmall in int8; keeps nothing between calls but loaded models.

    sherpa-onnx fixes the language when it loads a model. One that finds it out serves every
    call; only where it hears another language than the one that was told, a second one, loaded
    then and kept, is asked to hear the told one (as much memory again).
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
            folder: With model.int8.onnx or model.onnx, and tokens.txt.
            name: What to call it; by default the folder's name.
            languages: Those of the five that are wanted.
            threads: CPU threads for one utterance.
            itn: Write numbers as digits, and punctuation (inverse text normalisation).

        Raises:
            ModelError: a file is missing, the files are not such a model, or a language is
                none of its own.
        """
        path = Path(folder)
        if unknown := sorted(set(languages) - set(LANGUAGES)):
            spoken = ", ".join(LANGUAGES)
            raise ModelError(f"SenseVoice does not speak {', '.join(unknown)}: it speaks {spoken}")
        model = find(path, "model*.onnx")
        header = check(model, "a SenseVoice model", inputs=4, entries=_ENTRIES)
        tokens = check_tokens(path, number(header, "vocab_size", model))
        self._load = partial(_load, path, model, tokens, threads=threads, itn=itn)
        self._loaded = {AUTO: self._load(AUTO)}
        self._hear(AUTO, np.zeros(SAMPLE_RATE, np.float32))
        self.name = f"sensevoice/{name or path.name}"
        self.languages = frozenset(languages)

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Transcribe one utterance, with its emotion and the sounds in it.

        The language found has no probability; a channel keeps to the first one.
        """
        return replace(self.transcribe_timed(audio, language), words=None)

    def transcribe_timed(self, audio: Int16Array, language: str | None) -> Transcript:
        """The same with the words' times: from the starts of their tokens."""
        if reason := unheard(audio):
            return Transcript("", language or UNDETERMINED, 0.0, reason)
        cut = pieces(audio)
        parts = [self._listen(as_float(piece), language) for piece in cut]
        text = " ".join(part.text for part in parts if part.text)
        # The first piece's tags stand for all: only recordings without a pause have more.
        first = parts[0]
        nobody = all(part.nobody for part in parts)
        return Transcript(
            text=text,
            language=language or first.language or UNDETERMINED,
            rejected="no_speech" if nobody else reject(text, audio, Evidence()),
            events=tuple(dict.fromkeys(event for part in parts for event in part.events)),
            emotion=first.emotion,
            words=words_of(text, _in_order(cut, parts)),
        )

    def _listen(self, audio: FloatArray, language: str | None) -> Tagged:
        heard = self._hear(AUTO, audio)
        if language is None or heard.nobody or heard.language in (language, None):
            return heard
        if language not in self._loaded:
            self._loaded[language] = self._load(language)
        return self._hear(language, audio)

    def _hear(self, language: str, audio: FloatArray) -> Tagged:
        recognizer = self._loaded[language]
        stream = recognizer.create_stream()
        stream.accept_waveform(SAMPLE_RATE, audio)
        recognizer.decode_stream(stream)
        result = stream.result
        told = untag(result.text, result.lang, result.emotion, result.event)
        end = len(audio) / SAMPLE_RATE
        return replace(told, pieces=tuple(pieces_of(result.tokens, result.timestamps, end=end)))


def _in_order(cut: Sequence[Int16Array], parts: Sequence[Tagged]) -> Iterator[TokenPiece]:
    """The pieces of all parts, with times in the whole of the audio."""
    start = 0.0
    for audio, part in zip(cut, parts, strict=True):
        yield from (piece.later(start) for piece in part.pieces)
        start += len(audio) / SAMPLE_RATE


def _load(
    folder: Path, model: Path, tokens: Path, language: str, *, threads: int, itn: bool
) -> "OfflineRecognizer":
    def build() -> "OfflineRecognizer":
        from sherpa_onnx import OfflineRecognizer  # noqa: PLC0415  (an extra)

        return OfflineRecognizer.from_sense_voice(
            str(model), str(tokens), threads, language=language, use_itn=itn
        )

    return load(folder, build)
