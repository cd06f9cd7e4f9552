"""What is learnt from and tested on: utterances cut as serving cuts them, and noises.

Nothing of `asr` is trained on, so that its recordings can test what ships.
"""

import hashlib
import pickle
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
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.tone.augment import Spoiler, speed, telephone
from training.tone.corpus import to_int16

FOLDS: Final = range(1, 6)
"""Folds of ESC-50, as Piczak 2015 made them: no recording is in two."""

_MOST_OF_A_CALL: Final = 60
_MOST_OF_A_MEETING: Final = 40
_CLIPS: Final = 900
_CROPS: Final = 8
_TUNES: Final = 400
_CROP_S: Final = (0.4, 3.0)
_FAINT: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The features of one stretch of sound.

    Attributes:
        kind: A source of speech, a class of ESC-10, or "tunes".
        fold: Of ESC-10, 1 to 5; 0 for all else.
        frames: shape (frames, DIMS).
    """

    kind: str
    fold: int
    frames: FloatArray


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
    """Utterances of calls, meetings and acted speech, by their source."""
    for path in recordings(folder / "calls"):
        for side in np.concatenate(list(AudioFile(path)), axis=1):
            for said in utterances(side, vad)[:_MOST_OF_A_CALL]:
                yield "calls", said
    for path in recordings(folder / "vad"):
        for said in utterances(read_audio(path), vad)[:_MOST_OF_A_MEETING]:
            yield "meetings", said
    clips = recordings(folder / "tone")
    for i in np.random.default_rng(0).choice(len(clips), min(_CLIPS, len(clips)), replace=False):
        for said in utterances(read_audio(clips[i]), vad)[:1]:
            yield "acted", said


def sounds(folder: Path, cache: Path) -> list[Sound]:
    """All that is trained on, each once as it is and once or more often spoilt; kept in `cache`."""
    decides = (FEATURES.as_dict(), CUTOFF_HZ, _CLIPS, _CROPS, _TUNES)
    key = hashlib.sha256(repr(decides).encode()).hexdigest()[:12]
    file = cache / f"sounds-{key}.pickle"
    if not file.exists():
        made = list(_sounds(folder))
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(made))
    return pickle.loads(file.read_bytes())


def _sounds(folder: Path) -> Iterator[Sound]:
    rng, spoil = np.random.default_rng(0), Spoiler.from_folder(folder / "noise")
    for source, said in speech(folder, SileroVad()):
        yield Sound(source, 0, features(said))
        spoilt = spoil(said, rng)
        if source != "calls" and rng.random() < 0.6:
            spoilt = to_int16(telephone(spoilt / 32768))
        yield Sound(source, 0, features(spoilt))
    for kind, fold, noise in esc10(folder):
        for n, crop in enumerate(_crops(high_passed(noise), rng)):
            yield Sound(kind, fold, features(_changed(crop, spoil, rng) if n % 2 else crop))
    for n in range(_TUNES):
        made = high_passed(tune(rng, rng.uniform(*_CROP_S)))
        yield Sound("tunes", 0, features(spoil(made, rng) if n % 2 else made))


def tune(rng: np.random.Generator, seconds: float) -> Int16Array:
    """Notes, one after the other: what rings, beeps and plays while callers wait.

    Of one to three voices with harmonics that fall off somehow, now and then with vibrato, between
    silences.
    """
    whole = np.zeros(round(seconds * SAMPLE_RATE))
    length = SAMPLE_RATE * rng.uniform(0.08, 0.8)
    decay, slope, vibrato = rng.uniform(0, 8), rng.uniform(0.5, 4), 0.02 * (rng.random() < 0.3)
    voices = rng.integers(1, 4)
    for start in np.arange(rng.uniform(0, 0.3) * SAMPLE_RATE, len(whole), length * 1.1):
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
