"""Speech without labels, to learn what the teacher says of it: read sentences, calls, meetings."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.speech.vad import SileroVad
from sentivox.types import SAMPLE_RATE, Int16Array
from training.speech.sounds import recordings, utterances
from training.utterance_tone.conditions import Disturber
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds
from training.utterance_tone.data import Data, changed

log = logging.getLogger(__name__)

SOURCES: Final = {"read": "asr", "calls": "calls", "meetings": "vad"}
"""Name of a corpus without labels -> its folder in the data."""

LEAST_S: Final = 1.0
"""Seconds of the shortest utterance that is used."""


def with_unlabelled(data: Data, folder: Path, cache: Path) -> Data:
    """The clips, then the utterances of SOURCES, in the same variants.

    Args:
        data: Labelled clips, as recorded and disturbed.
        folder: Holds the folders of SOURCES, and `noise`.
        cache: Folder to keep the sounds in; delete it after changing the recipe.
    """
    clips, recorded = list(data.clips), data.variants[0]
    more = [(name, said) for name in SOURCES for said in _kept(name, folder, cache)]
    clips += [
        Clip(folder, name, f"{name}/{n}", "", UNKNOWN, UNKNOWN) for n, (name, _) in enumerate(more)
    ]
    log.info("%d utterances without labels", len(more))
    extra = Sounds.of([said for _, said in more])
    disturb, variants = Disturber.of(folder / "noise"), [_joined(recorded, extra)]
    for number, copy in enumerate(data.variants[1:], 1):
        file = cache / f"unlabelled{number}.npz"
        if not file.exists():
            changed(extra, np.arange(len(extra)), disturb, number).save(file)
        variants.append(_joined(copy, Sounds.load(file)))
    return Data(clips, variants)


def _kept(name: str, folder: Path, cache: Path) -> list[Int16Array]:
    """The utterances of one of SOURCES."""
    file = cache / f"{name}.npz"
    if not file.exists():
        said = list(_said(folder / SOURCES[name]))
        if not said:
            return []
        cache.mkdir(parents=True, exist_ok=True)
        Sounds.of(said).save(file)
    held = Sounds.load(file)
    return [held[i] for i in range(len(held))]


def _said(folder: Path) -> Iterator[Int16Array]:
    """All utterances of at least LEAST_S in the recordings under a folder, channel by channel."""
    vad = SileroVad()
    for path in recordings(folder):
        for side in np.concatenate(list(AudioFile(path)), axis=1):
            yield from (one for one in utterances(side, vad) if len(one) >= LEAST_S * SAMPLE_RATE)


def _joined(first: Sounds, then: Sounds) -> Sounds:
    return Sounds(
        np.concatenate([first.samples, then.samples]),
        np.concatenate([first.starts, first.starts[-1] + then.starts[1:]]),
    )
