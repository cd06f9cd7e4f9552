"""Single words cut out of read speech, as stand-ins for short answers such as "yes" or "sorry".

A word within a sentence is shorter and less distinct than one said alone, so these are harder to
recognise than real answers.
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
LONGEST_CLIP_S: Final = 12  # only the beginning of a longer clip is used
SECONDS: Final = (0.22, 0.9)  # shortest and longest word
_A_CLIP: Final = 2  # words taken from a clip
_MARGIN_S: Final = 0.03  # kept before and after a word
_FADE_S: Final = 0.02
_SILENCE_S: Final = 1.0  # before and after the word
_HISS: Final = 30.0  # loudest added noise, RMS in int16 steps


class Word(NamedTuple):
    """A word with its start and end in seconds from the beginning of the clip."""

    text: str
    start: float
    end: float


def single_words(folder: Path, every: int) -> Iterator[tuple[str, Int16Array]]:
    """Yield two words of each N-th clip of a data set, each with a second of hiss around it.

    The words are found by the alignment of whisper-tiny.en. Words that it did not recognise
    correctly are not used.

    Args:
        folder: A data set of `benchmarks.asr_quality`, with a manifest.tsv.
        every: N.

    Returns:
        Each word and its audio, mono int16 at 16 kHz.

    Raises:
        ModelError: whisper-tiny.en is not installed.
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
    """Transcribe a clip and yield its words of a length within SECONDS."""
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
    """Cut a word out, fade it in and out, and add hiss as loud as the quietest part of the clip."""
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
    """Return the RMS level below which the quietest twentieth of a clip lies, in int16 steps."""
    whole = len(audio) - len(audio) % (SAMPLE_RATE // 10)
    levels = audio[:whole].reshape(-1, SAMPLE_RATE // 10).astype(np.float64).std(axis=1)
    return max(1.0, float(np.percentile(levels, 5)))
