"""The sounds that the speech model is tested on. Of these, only the noises are trained on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.evaluation.work import read_audio
from sentivox.speech.vad import SileroVad
from sentivox.types import SAMPLE_RATE, Int16Array
from training.speech.short import pieces
from training.speech.sounds import KEYWORDS, esc10, keywords, recordings, utterances
from training.tone.augment import speed, telephone
from training.tone.corpus import to_int16

SPOKEN: Final = (
    "librispeech_test_clean_80", "librispeech_test_other", "commonvoice_en", "commonvoice_zh-CN",
)  # fmt: skip
DIALOGUES: Final = "spokenwoz_sample"

CHANGES: Final[Mapping[str, Callable[[Int16Array], Int16Array]]] = {
    "as recorded": lambda pcm: pcm,
    "slower": lambda pcm: to_int16(speed(pcm / 32768, 0.9)),
    "faster": lambda pcm: to_int16(speed(pcm / 32768, 1.25)),
    "12 dB softer": lambda pcm: to_int16(pcm / 32768 / 4),
    "by telephone": lambda pcm: to_int16(telephone(pcm / 32768)),
}
"""Changes applied to the noises: each makes voice activity detection take others for speech."""

OTHER_CHANGES: Final[Mapping[str, Callable[[Int16Array], Int16Array]]] = {
    "slowest": lambda pcm: to_int16(speed(pcm / 32768, 0.8)),
    "a little faster": lambda pcm: to_int16(speed(pcm / 32768, 1.12)),
    "fastest": lambda pcm: to_int16(speed(pcm / 32768, 1.4)),
    "12 dB louder": lambda pcm: to_int16(pcm / 32768 * 4),
}
"""More changes, on which no bound was chosen."""


def alarms(folder: Path) -> Iterator[tuple[str, int, Int16Array]]:
    """Yield false alarms of voice activity detection in noises: class and change, fold, audio."""
    vad = SileroVad()
    for kind, fold, noise in esc10(folder):
        for name, change in CHANGES.items():
            for taken in utterances(change(noise), vad):
                yield f"{kind}, {name}", fold, taken


def spoken(folder: Path) -> Iterator[tuple[str, Int16Array]]:
    """Yield the utterances of the recordings with transcripts: set and audio."""
    vad = SileroVad()
    for name, pcm in _asr(folder):
        for said in utterances(pcm, vad):
            yield name, said


def single_words(folder: Path) -> Iterator[tuple[str, Int16Array]]:
    """Yield single words of the EmoSpeech speakers held out from training: set and audio."""
    vad = SileroVad()
    for path in keywords(folder, learnt=False):
        for said in utterances(read_audio(path), vad):
            yield f"{KEYWORDS}, speakers held back", said


def cut(said: Iterable[tuple[str, Int16Array]]) -> Iterator[tuple[str, Int16Array]]:
    """Yield a word cut out of each utterance of the read sets: set and audio."""
    rng = np.random.default_rng(0)
    for name, utterance in said:
        if name in SPOKEN:
            yield from (("words cut out of these sets", one) for one in pieces(utterance, rng, 1))


def _asr(folder: Path) -> Iterator[tuple[str, Int16Array]]:
    for name in SPOKEN:
        yield from ((name, read_audio(path)) for path in recordings(folder / "asr" / name))
    for path in recordings(folder / "asr" / DIALOGUES):
        for side in np.concatenate(list(AudioFile(path)), axis=1):
            yield DIALOGUES, side[: 120 * SAMPLE_RATE]
