"""The sounds for training and testing: utterances cut as the server cuts them, and noises.

The recordings in `asr` and half of the EmoSpeech speakers are not trained on, so that they can test
the weights that ship.
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
from sentivox.speech.vad import VAD_WINDOW, SileroVad
from sentivox.tone.features import FEATURES, features
from sentivox.tone.speech import speech_features
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.speech.short import pieces
from training.tone.augment import Spoiler, speed, telephone
from training.tone.corpus import read_corpora, to_int16

FOLDS: Final = range(1, 6)
"""Folds of ESC-50, as Piczak 2015 made them: no recording is in two."""

KEYWORDS: Final = "emospeech"
"""The corpus of single words spoken into telephones."""

_MOST_OF_A_CALL: Final = 60  # utterances of one side
_MOST_OF_A_MEETING: Final = 40  # utterances
_CLIPS: Final = 150  # of each acted corpus
_CROPS: Final = 8  # of each noise
_WORDS: Final = 2  # cut out of each utterance
_BURSTS: Final = 8  # cut out of each noise
_ALARMS: Final = 12  # random changes of a noise that go through voice activity detection
_ALARM_COPIES: Final = 3  # further changes of each false alarm
_TUNES: Final = 400
_BRIEF_S: Final = 1.4  # shorter sounds, with margins, count as short
_BY_TELEPHONE: Final = frozenset({"calls", KEYWORDS})  # sources that are telephone audio already
_CROP_S: Final = (0.4, 3.0)  # shortest and longest crop or tune
_FAINT: Final = 0.3  # crops below this share of a noise's mean power are left out


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The features of one sound.

    Attributes:
        kind: A source of speech, a class of ESC-10, or "tunes".
        fold: Fold of ESC-10, 1 to 5; 0 for everything else.
        frames: Features, shape (frames, DIMS).
        short: Whether it is a single word or an equally short noise, with its margins.
    """

    kind: str
    fold: int
    frames: FloatArray
    short: bool = False


def utterances(audio: Int16Array, vad: SileroVad) -> list[Int16Array]:
    """Cut a recording into utterances, with margins, as the server would.

    Args:
        audio: Mono int16 at 16 kHz.
        vad: Voice activity detection.
    """
    config = EndpointConfig()
    before, after = (round(s * SAMPLE_RATE) for s in (config.pre_roll_s, config.post_pad_s))
    audio = high_passed(audio)
    probs = vad.stream()(audio[: len(audio) // VAD_WINDOW * VAD_WINDOW]).tolist()
    return [audio[max(0, e.start - before) : e.end + after] for e in endpoints(probs, config)]


def recordings(folder: Path) -> list[Path]:
    """Return all recordings in the folder and below it, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix in {".flac", ".opus"})


def esc10(folder: Path) -> Iterator[tuple[str, int, Int16Array]]:
    """Yield class, fold and audio (mono int16 at 16 kHz) of each noise of ESC-10."""
    for path in sorted((folder / "noise" / "esc10" / "audio").glob("*__*")):
        kind, _, name = path.stem.partition("__")
        yield kind, int(name[0]), read_audio(path)


def speech(folder: Path, vad: SileroVad) -> Iterator[tuple[str, Int16Array]]:
    """Yield source and audio of each utterance of calls, meetings, acted speech, single words."""
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
    """Yield up to _CLIPS random clips of each acted corpus."""
    for corpus in sorted(path for path in folder.iterdir() if path.name != KEYWORDS):
        clips, rng = recordings(corpus), np.random.default_rng(0)
        for i in rng.choice(len(clips), min(_CLIPS, len(clips)), replace=False):
            yield clips[i]


def keywords(folder: Path, *, learnt: bool) -> list[Path]:
    """Return the clips of single words of one half of the speakers.

    Args:
        folder: The data folder.
        learnt: Whether of the half that is trained on, or of the other one.
    """
    clips = read_corpora(folder / "tone", [KEYWORDS])
    return [clip.path for clip in clips if (zlib.crc32(clip.speaker.encode()) % 2 == 0) == learnt]


def sounds(folder: Path, cache: Path) -> list[Sound]:
    """Return all training sounds, each as it is and distorted; kept in the folder `cache`."""
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
    """Yield tunes and short pieces of them, half of them distorted."""
    rng = np.random.default_rng(0)
    for n in range(_TUNES):
        made = high_passed(tune(rng, rng.uniform(*_CROP_S)))
        for one in (made, *pieces(made, rng, 1)):
            yield _sound("tunes", 0, spoil(one, rng) if n % 2 else one)


def _sound(kind: str, fold: int, audio: Int16Array) -> Sound:
    """Return the sound of a possible utterance, with the features that the model would get."""
    return Sound(kind, fold, speech_features(audio), short=len(audio) < _BRIEF_S * SAMPLE_RATE)


def _said(
    source: str, said: Int16Array, spoil: Spoiler, rng: np.random.Generator
) -> Iterator[Sound]:
    """Yield an utterance, and words cut out of it, as they are and distorted."""

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
    """Yield false alarms of voice activity detection in random changes of a noise."""
    for _ in range(_ALARMS):
        for taken in utterances(_changed(noise, spoil, rng), vad):
            yield taken
            for _ in range(_ALARM_COPIES):
                yield _changed(taken, spoil, rng)


def tune(rng: np.random.Generator, seconds: float) -> Int16Array:
    """Synthesise a tune like ring tones, beeps and music on hold.

    It has one to three voices with random harmonics, sometimes vibrato, and pauses of a tenth to
    three times the length of a note.
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
    """Return random crops that are loud enough: the corpus pads short noises with silence."""
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
    """Change the speed, more than speech ever varies, then distort as speech is distorted."""
    return spoil(to_int16(speed(crop / 32768, rng.uniform(0.75, 1.35))), rng)
