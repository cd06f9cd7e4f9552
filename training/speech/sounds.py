"""What is learnt from and tested on: utterances cut as serving cuts them, and noises.

Nothing of `asr` is trained on, nor half of the speakers of EmoSpeech, so that they can test what
ships.
"""

import hashlib
import pickle
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.audio.highpass import CUTOFF_HZ, high_passed
from sentivox.evaluation.vad import endpoints
from sentivox.evaluation.work import read_audio
from sentivox.speech.endpointing import EndpointConfig
from sentivox.speech.vad import WINDOW, SileroVad
from sentivox.tone.features import FEATURES, features
from sentivox.tone.speech import heard
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.speech.short import pieces
from training.tone.augment import Spoiler, speed, telephone
from training.tone.corpus import read_corpora, to_int16

FOLDS: Final = range(1, 6)
"""Folds of ESC-50, as Piczak 2015 made them: no recording is in two."""

KEYWORDS: Final = "emospeech"
"""The corpus of single words, into telephones."""

_MOST_OF_A_CALL: Final = 60
_MOST_OF_A_MEETING: Final = 40
_CLIPS: Final = 150
_CROPS: Final = 8
_WORDS: Final = 2
_BURSTS: Final = 8
_ALARMS: Final = 12
_ALARM_COPIES: Final = 3
_TUNES: Final = 400
_BRIEF_S: Final = 1.4
_BY_TELEPHONE: Final = frozenset({"calls", KEYWORDS})
_CROP_S: Final = (0.4, 3.0)
_FAINT: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The features of one stretch of sound.

    Attributes:
        kind: A source of speech, a class of ESC-10, or "tunes".
        fold: Of ESC-10, 1 to 5; 0 for all else.
        frames: shape (frames, DIMS).
        short: Whether it is a single word, or a noise as short, with its margins.
    """

    kind: str
    fold: int
    frames: FloatArray
    short: bool = False


def utterances(audio: Int16Array, vad: SileroVad) -> list[Int16Array]:
    """What serving would take for utterances, with their margins."""
    config = EndpointConfig()
    before, after = (round(s * SAMPLE_RATE) for s in (config.pre_roll_s, config.post_pad_s))
    audio = high_passed(audio)
    probs = vad.stream()(audio[: len(audio) // WINDOW * WINDOW]).tolist()
    return [audio[max(0, e.start - before) : e.end + after] for e in endpoints(probs, config)]


def recordings(folder: Path) -> list[Path]:
    """All in the folder and below it."""
    return sorted(path for path in folder.rglob("*") if path.suffix in {".flac", ".opus"})


def esc10(folder: Path) -> Iterator[tuple[str, int, Int16Array]]:
    """The class, the fold and the audio of each noise."""
    for path in sorted((folder / "noise" / "esc10" / "audio").glob("*__*")):
        kind, _, name = path.stem.partition("__")
        yield kind, int(name[0]), read_audio(path)


def speech(folder: Path, vad: SileroVad) -> Iterator[tuple[str, Int16Array]]:
    """Utterances of calls, meetings, acted speech and single words, by their source."""
    for path in recordings(folder / "calls"):
        for side in np.concatenate(list(AudioFile(path)), axis=1):
            for said in utterances(side, vad)[:_MOST_OF_A_CALL]:
                yield "calls", said
    for path in recordings(folder / "vad"):
        for said in utterances(read_audio(path), vad)[:_MOST_OF_A_MEETING]:
            yield "meetings", said
    for path in _acted(folder / "tone"):
        for said in utterances(read_audio(path), vad)[:1]:
            yield "acted", said
    for path in keywords(folder, learnt=True):
        for said in utterances(read_audio(path), vad):
            yield KEYWORDS, said


def _acted(folder: Path) -> Iterator[Path]:
    """As many clips of each corpus, drawn at random; none of single words."""
    for corpus in sorted(path for path in folder.iterdir() if path.name != KEYWORDS):
        clips, rng = recordings(corpus), np.random.default_rng(0)
        for i in rng.choice(len(clips), min(_CLIPS, len(clips)), replace=False):
            yield clips[i]


def keywords(folder: Path, *, learnt: bool) -> list[Path]:
    """Single words of the half of the speakers that is trained on, or of the other half."""
    clips = read_corpora(folder / "tone", [KEYWORDS])
    return [clip.path for clip in clips if (zlib.crc32(clip.speaker.encode()) % 2 == 0) == learnt]


def sounds(folder: Path, cache: Path) -> list[Sound]:
    """All that is trained on, each once as it is and once or more often spoilt; kept in `cache`."""
    decides = (FEATURES.as_dict(), CUTOFF_HZ, _CLIPS, _CROPS, _TUNES, _WORDS, _BURSTS, _ALARMS)
    key = hashlib.sha256(repr(decides).encode()).hexdigest()[:12]
    file = cache / f"sounds-{key}.pickle"
    if not file.exists():
        made = list(_sounds(folder))
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(made))
    return pickle.loads(file.read_bytes())


def _sounds(folder: Path) -> Iterator[Sound]:
    rng, spoil, vad = np.random.default_rng(0), Spoiler.from_folder(folder / "noise"), SileroVad()
    for source, said in speech(folder, vad):
        yield from _said(source, said, spoil, rng)
    for kind, fold, noise in esc10(folder):
        for n, crop in enumerate(_crops(high_passed(noise), rng)):
            yield Sound(kind, fold, features(_changed(crop, spoil, rng) if n % 2 else crop))
        for n, burst in enumerate(pieces(high_passed(noise), rng, _BURSTS)):
            yield _sound(kind, fold, _changed(burst, spoil, rng) if n % 2 else burst)
        for alarm in _alarms(noise, vad, spoil, rng):
            yield _sound(kind, fold, alarm)
    yield from _tunes(spoil)


def _tunes(spoil: Spoiler) -> Iterator[Sound]:
    """Tunes, and short pieces of them, half of them spoilt."""
    rng = np.random.default_rng(0)
    for n in range(_TUNES):
        made = high_passed(tune(rng, rng.uniform(*_CROP_S)))
        for one in (made, *pieces(made, rng, 1)):
            yield _sound("tunes", 0, spoil(one, rng) if n % 2 else one)


def _sound(kind: str, fold: int, audio: Int16Array) -> Sound:
    """What is heard of an utterance, or of what could be one."""
    return Sound(kind, fold, heard(audio), short=len(audio) < _BRIEF_S * SAMPLE_RATE)


def _said(
    source: str, said: Int16Array, spoil: Spoiler, rng: np.random.Generator
) -> Iterator[Sound]:
    """An utterance, and words cut out of it, as they are and spoilt."""

    def spoilt(one: Int16Array) -> Int16Array:
        changed = spoil(one, rng)
        line = source not in _BY_TELEPHONE and rng.random() < 0.6
        return to_int16(telephone(changed / 32768)) if line else changed

    yield _sound(source, 0, said)
    yield _sound(source, 0, spoilt(said))
    for n, word in enumerate(pieces(said, rng, _WORDS)):
        yield _sound(source, 0, spoilt(word) if n % 2 else word)


def _alarms(
    noise: Int16Array, vad: SileroVad, spoil: Spoiler, rng: np.random.Generator
) -> Iterator[Int16Array]:
    """What voice activity detection takes for speech in a noise that is changed at random."""
    for _ in range(_ALARMS):
        for taken in utterances(_changed(noise, spoil, rng), vad):
            yield taken
            for _ in range(_ALARM_COPIES):
                yield _changed(taken, spoil, rng)


def tune(rng: np.random.Generator, seconds: float) -> Int16Array:
    """Notes, one after the other: what rings, beeps and plays while callers wait.

    Of one to three voices with harmonics that fall off somehow, or next to none, now and then with
    vibrato, with pauses of a tenth to three times a note.
    """
    whole = np.zeros(round(seconds * SAMPLE_RATE))
    length = SAMPLE_RATE * rng.uniform(0.08, 0.8)
    decay, slope, vibrato = rng.uniform(0, 8), rng.uniform(0.5, 8), 0.02 * (rng.random() < 0.3)
    step = length * (1.1 if rng.random() < 0.5 else rng.uniform(1.1, 4))
    voices = rng.integers(1, 4)
    for start in np.arange(rng.uniform(0, 0.3) * SAMPLE_RATE, len(whole), step):
        time = np.arange(min(round(length), len(whole) - round(start))) / SAMPLE_RATE
        for hertz in 110 * 2 ** rng.uniform(0, 4.5, voices):
            phase = 2 * np.pi * hertz * (time + vibrato / 30 * np.sin(2 * np.pi * 5 * time))
            partials = np.arange(1, max(2, min(20, int(7000 / hertz))))
            note = (np.sin(np.outer(phase, partials)) * partials**-slope).sum(axis=1)
            whole[round(start) : round(start) + len(time)] += note * np.exp(-decay * time)
    return to_int16(whole / (np.abs(whole).max() + 1e-9) * 10 ** rng.uniform(-2, -0.1))


def _crops(noise: Int16Array, rng: np.random.Generator) -> Iterable[Int16Array]:
    """Random stretches where there is something to hear: the corpus pads with silence."""
    whole, found = np.mean(np.square(noise, dtype=np.float64)), list[Int16Array]()
    for _ in range(4 * _CROPS):
        size = min(len(noise), round(SAMPLE_RATE * rng.uniform(*_CROP_S)))
        start = int(rng.integers(len(noise) - size + 1))
        crop = noise[start : start + size]
        if np.mean(np.square(crop, dtype=np.float64)) >= _FAINT * whole:
            found.append(crop)
        if len(found) == _CROPS:
            break
    return found


def _changed(crop: Int16Array, spoil: Spoiler, rng: np.random.Generator) -> Int16Array:
    """Slower or faster than speech is ever said, then spoilt as speech is."""
    return spoil(to_int16(speed(crop / 32768, rng.uniform(0.75, 1.35))), rng)
