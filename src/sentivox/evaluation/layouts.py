"""Readers of corpora of acted emotion whose file names encode the label.

The function of each corpus parses a recording's file name and returns an Example, or None if the
name is not of its corpus. The patterns exclude each other, so a folder may hold several corpora.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sentivox.evaluation.examples import Example
from sentivox.evaluation.labels import gender, meaning
from sentivox.evaluation.tables import read_rows
from sentivox.types import EMOTIONS

DEMOGRAPHICS: Final = "VideoDemographics.csv"
"""CREMA-D's table of actors: ActorID, Age, Sex, …"""

_SUFFIXES: Final = frozenset({".wav", ".flac", ".opus", ".ogg", ".mp3", ".m4a", ".mp4"})
_RAVDESS: Final = re.compile(r"(0[13])-01-(0[1-8])-0[12]-0[12]-0[12]-(\d\d)")
_TESS: Final = re.compile(
    r"(OA|YA)F?_[a-z-]+_(angry|disgust|fear|happy|neutral|ps|sad)", re.IGNORECASE
)
_EMODB: Final = re.compile(r"(\d\d)[a-z]\d\d([WLEAFTN])[a-z]?")
_CREMA: Final = re.compile(r"(1\d{3})_[A-Z]{3}_(ANG|DIS|FEA|HAP|NEU|SAD)_(?:LO|MD|HI|XX|X)")

_GERMAN: Final = {
    "W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness",
    "N": "neutral",
}  # fmt: skip
_GERMAN_MEN: Final = frozenset({"03", "10", "11", "12", "15"})


def read_named(folder: Path) -> list[Example]:
    """The recordings of known corpora in and below a folder, sorted by path."""
    found = [e for path in _recordings(folder) if (e := _known(path)) is not None]
    return _with_genders(_audio_before_video(found), folder)


def ravdess(path: Path) -> Example | None:
    """RAVDESS (Livingstone & Russo 2018).

    Names are modality-channel-emotion-intensity-statement-take-actor. Video without sound
    (modality 02) and song (channel 02) do not match. Actors with even numbers are women.
    """
    match = _RAVDESS.fullmatch(path.stem)
    if match is None:
        return None
    emotion, actor = EMOTIONS[int(match[2]) - 1], match[3]
    group = "male" if int(actor) % 2 else "female"
    return _example(path, emotion, f"rav{actor}", group, "ravdess")


def tess(path: Path) -> Example | None:
    """TESS (Pichora-Fuller & Dupuis 2020): an older (OAF) and a younger woman (YAF).

    In file names, "ps" means pleasant surprise.
    """
    match = _TESS.fullmatch(path.stem)
    if match is None:
        return None
    return _example(path, match[2].lower(), f"tess{match[1].upper()}F", "female", "tess")


def emodb(path: Path) -> Example | None:
    """EMO-DB (Burkhardt et al. 2005).

    Names are speaker, sentence, German initial of the emotion, and take. Boredom belongs to none
    of our classes, because it is neither neutral nor plainly negative.
    """
    match = _EMODB.fullmatch(path.stem)
    if match is None:
        return None
    group = "male" if match[1] in _GERMAN_MEN else "female"
    return _example(path, _GERMAN[match[2]], f"emodb{match[1]}", group, "emodb")


def crema(path: Path) -> Example | None:
    """CREMA-D (Cao et al. 2014): actor_sentence_EMOTION_LEVEL; a separate table has genders."""
    match = _CREMA.fullmatch(path.stem)
    return match and _example(path, match[2], f"crema{match[1]}", None, "crema-d")


def _example(path: Path, label: str, speaker: str, group: str | None, corpus: str) -> Example:
    meant = meaning(label)
    return Example(
        file=path,
        label=label,
        emotion=meant.emotion,
        sentiment=meant.sentiment,
        speaker=speaker,
        group=group,
        corpus=corpus,
    )


def _recordings(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _SUFFIXES)


def _known(path: Path) -> Example | None:
    return ravdess(path) or tess(path) or emodb(path) or crema(path)


def _audio_before_video(examples: list[Example]) -> list[Example]:
    """Drop RAVDESS videos whose audio file is present too, because they repeat it."""
    audio = {e.file.stem[3:] for e in examples if e.file and e.file.stem.startswith("03-01-")}
    return [
        e
        for e in examples
        if not (e.file and e.file.stem.startswith("01-01-") and e.file.stem[3:] in audio)
    ]


def _with_genders(examples: list[Example], folder: Path) -> list[Example]:
    """Add the genders of CREMA-D's actors, if its table is in, below or beside the folder."""
    table = next((p for p in (*sorted(folder.rglob(DEMOGRAPHICS)), folder.parent / DEMOGRAPHICS)
                  if p.is_file()), None)  # fmt: skip
    if table is None or not any(e.corpus == "crema-d" for e in examples):
        return examples
    sexes = {f"crema{row['actorid']}": row.get("sex") for _, row in read_rows(table, ("actorid",))}
    return [
        replace(e, group=gender(sexes.get(e.speaker or ""))) if e.corpus == "crema-d" else e
        for e in examples
    ]
