"""Well-known corpora of acted emotion as their makers pack them: the file name is the label.

Each function looks at one recording's name and gives an Example, or None when the name is not of
its corpus. The patterns exclude each other, so a tree may hold several corpora.
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
    """The recordings below a folder whose names say what they are, in the order of the names."""
    found = [e for path in _recordings(folder) if (e := _known(path)) is not None]
    return _with_genders(_audio_before_video(found), folder)


def ravdess(path: Path) -> Example | None:
    """Livingstone & Russo 2018: modality-channel-emotion-intensity-statement-take-actor.

    Only speech: video without sound (modality 02) and song (channel 02) do not match. Actors with
    even numbers are women.
    """
    match = _RAVDESS.fullmatch(path.stem)
    if match is None:
        return None
    emotion, actor = EMOTIONS[int(match[2]) - 1], match[3]
    group = "male" if int(actor) % 2 else "female"
    return _example(path, emotion, f"rav{actor}", group, "ravdess")


def tess(path: Path) -> Example | None:
    """Pichora-Fuller & Dupuis 2020: an older (OAF) and a younger (YAF) woman; "ps" is surprise."""
    match = _TESS.fullmatch(path.stem)
    if match is None:
        return None
    return _example(path, match[2].lower(), f"tess{match[1].upper()}F", "female", "tess")


def emodb(path: Path) -> Example | None:
    """Burkhardt et al. 2005, Berlin: speaker, sentence, German initial of the emotion, take.

    Boredom is none of our classes: it is neither neutral nor plainly negative.
    """
    match = _EMODB.fullmatch(path.stem)
    if match is None:
        return None
    group = "male" if match[1] in _GERMAN_MEN else "female"
    return _example(path, _GERMAN[match[2]], f"emodb{match[1]}", group, "emodb")


def crema(path: Path) -> Example | None:
    """Cao et al. 2014: actor_sentence_EMOTION_LEVEL. Genders stand in a table of their own."""
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
    """RAVDESS's videos with sound repeat its audio files: they only stand in for them."""
    audio = {e.file.stem[3:] for e in examples if e.file and e.file.stem.startswith("03-01-")}
    return [
        e
        for e in examples
        if not (e.file and e.file.stem.startswith("01-01-") and e.file.stem[3:] in audio)
    ]


def _with_genders(examples: list[Example], folder: Path) -> list[Example]:
    """CREMA-D's genders, where its table is in the folder, below it or beside it."""
    table = next((p for p in (*sorted(folder.rglob(DEMOGRAPHICS)), folder.parent / DEMOGRAPHICS)
                  if p.is_file()), None)  # fmt: skip
    if table is None or not any(e.corpus == "crema-d" for e in examples):
        return examples
    sexes = {f"crema{row['actorid']}": row.get("sex") for _, row in read_rows(table, ("actorid",))}
    return [
        replace(e, group=gender(sexes.get(e.speaker or ""))) if e.corpus == "crema-d" else e
        for e in examples
    ]
