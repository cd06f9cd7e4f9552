"""How well speech is told from noises that no network in question has heard."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from sentivox.asr.guard import NOT_SPEECH, SPEECH
from sentivox.audio.files import AudioFile
from sentivox.evaluation.work import read_audio
from sentivox.speech.vad import SileroVad
from sentivox.tone.speech import heard
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array
from training.speech.fit import Plan, committee
from training.speech.sounds import FOLDS, Sound, esc10, recordings, utterances
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
"""What the noises are put through: voice activity detection takes others for speech each time."""


def alarms(folder: Path) -> list[Sound]:
    """The utterances that voice activity detection finds in noises, with their class and fold."""
    vad = SileroVad()
    return [
        Sound(f"{kind}, {name}", fold, heard(said))
        for kind, fold, noise in esc10(folder)
        for name, change in CHANGES.items()
        for said in utterances(change(noise), vad)
    ]


def spoken(folder: Path) -> list[Sound]:
    """The utterances of the recordings with transcripts, none of which is trained on."""
    vad = SileroVad()
    return [Sound(kind, 0, heard(u)) for kind, pcm in _asr(folder) for u in utterances(pcm, vad)]


def _asr(folder: Path) -> Iterator[tuple[str, Int16Array]]:
    for name in SPOKEN:
        yield from ((name, read_audio(path)) for path in recordings(folder / "asr" / name))
    for path in recordings(folder / "asr" / DIALOGUES):
        for side in np.concatenate(list(AudioFile(path)), axis=1):
            yield DIALOGUES, side[: 120 * SAMPLE_RATE]


def judge(net: nn.Module, tested: Sequence[Sound]) -> FloatArray:
    """The probability of each to be speech."""
    with torch.inference_mode():
        said = [net(torch.from_numpy(s.frames)[None]) for s in tested]
    return torch.cat(said).numpy()


def folds(
    sounds: Sequence[Sound], noises: Sequence[Sound], said: Sequence[Sound], seeds: Sequence[int]
) -> str:
    """Each fold of noises judged by who never heard it, and the speech by all five."""
    of_noises, of_speech = np.zeros(len(noises), np.float32), list[FloatArray]()
    for fold in FOLDS:
        net = committee([s for s in sounds if s.fold != fold], seeds, Plan())
        held = [i for i, s in enumerate(noises) if s.fold == fold]
        of_noises[held] = judge(net, [noises[i] for i in held])
        of_speech.append(judge(net, said))
    changes = np.array([s.kind.partition(", ")[2] for s in noises])
    sets = np.array([s.kind for s in said])
    rows = [_row(f"noises, {name}", of_noises[changes == name]) for name in CHANGES]
    rows += [
        _row(name, np.concatenate([probs[sets == name] for probs in of_speech]))
        for name in dict.fromkeys(sets.tolist())
    ]
    return _table(rows)


def classes(sounds: Sequence[Sound], noises: Sequence[Sound], seeds: Sequence[int]) -> str:
    """Each class of noises judged by who never heard the like."""
    rows: list[str] = []
    for kind in sorted({s.kind for s in sounds if s.fold}):
        held = [s for s in noises if s.kind.startswith(kind)]
        if held:
            net = committee([s for s in sounds if s.kind != kind], seeds, Plan())
            rows.append(_row(kind, judge(net, held)))
    return _table(rows)


def _table(rows: Sequence[str]) -> str:
    shares = f"under {NOT_SPEECH} | between | from {SPEECH} on"
    head = f"| | utterances | {shares} | percentiles 1, 5, 50, 95 |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _row(name: str, probs: FloatArray) -> str:
    low, high = float((probs < NOT_SPEECH).mean()), float((probs >= SPEECH).mean())
    shares = " | ".join(f"{100 * share:.1f} %" for share in (low, 1 - low - high, high))
    tails = ", ".join(f"{q:.2f}" for q in np.quantile(probs, [0.01, 0.05, 0.5, 0.95]))
    return f"| {name} | {len(probs)} | {shares} | {tails} |"
