"""Single words cut out of read speech: what a "yes" or a "sorry" on its own is to a recogniser.

A word that follows another is shorter and less distinct than one said on its own, so these are
harder than answers that people give.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from faster_whisper import WhisperModel

from benchmarks.asr_quality import clips
from sentivox.evaluation.transcripts import words
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.types import SAMPLE_RATE, Int16Array

ALIGNER: Final = "whisper-tiny.en"
LONGEST_CLIP_S: Final = 12
SECONDS: Final = (0.22, 0.9)
_A_CLIP: Final = 2
_MARGIN_S: Final = 0.03
_FADE_S: Final = 0.02
_SILENCE_S: Final = 1.0
_HISS: Final = 30.0


class Word(NamedTuple):
    """A word, and where it is, in seconds."""

    text: str
    start: float
    end: float


def single_words(folder: Path, every: int) -> Iterator[tuple[str, Int16Array]]:
    """Two words of each N-th clip of a folder with a manifest, each with a second of hiss round it.

    They are found by the alignment of whisper-tiny.en, and only where it has understood them.

    Raises:
        ModelError: that model is not here.
    """
    path = ModelStore.from_environment().require(find_model(ALIGNER))
    model = WhisperModel(str(path), device="cpu", compute_type="int8", cpu_threads=1)
    random = np.random.default_rng(0)
    for transcript, audio in clips(folder, every):
        whole = audio[: LONGEST_CLIP_S * SAMPLE_RATE]
        said = set(words(transcript))
        found = [word for word in aligned(model, whole) if word.text in said]
        for i in random.permutation(len(found))[:_A_CLIP]:
            word = found[int(i)]
            yield word.text, alone(whole, word, random)


def aligned(model: WhisperModel, audio: Int16Array) -> Iterator[Word]:
    """The words of a clip that are as long as one said on its own may be."""
    segments, _ = model.transcribe(
        audio.astype(np.float32) / np.float32(32768),
        language="en",
        beam_size=1,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    for segment in segments:
        for word in segment.words or ():
            plain = words(word.word)
            if len(plain) == 1 and SECONDS[0] <= word.end - word.start <= SECONDS[1]:
                yield Word(plain[0], float(word.start), float(word.end))


def alone(audio: Int16Array, word: Word, random: np.random.Generator) -> Int16Array:
    """A word faded in and out, in a hiss as loud as the clip where it is quietest."""
    start = max(0, round((word.start - _MARGIN_S) * SAMPLE_RATE))
    cut = audio[start : round((word.end + _MARGIN_S) * SAMPLE_RATE)].astype(np.float64)
    fade = np.linspace(0, 1, round(_FADE_S * SAMPLE_RATE))
    cut[: fade.size] *= fade
    cut[-fade.size :] *= fade[::-1]
    silence = np.zeros(round(_SILENCE_S * SAMPLE_RATE))
    sound = np.concatenate([silence, cut, silence])
    sound += random.normal(0, min(_HISS, quietest(audio)), sound.size)
    return np.clip(sound, -32768, 32767).astype(np.int16)


def quietest(audio: Int16Array) -> float:
    """The level of the quietest twentieth of a clip, RMS."""
    whole = len(audio) - len(audio) % (SAMPLE_RATE // 10)
    levels = audio[:whole].reshape(-1, SAMPLE_RATE // 10).astype(np.float64).std(axis=1)
    return max(1.0, float(np.percentile(levels, 5)))
