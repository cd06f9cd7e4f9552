"""Store the voices of people who agreed to be recognised: one small file each, in a folder.

A voiceprint identifies a person, and is biometric data under Art. 9 GDPR. It is kept only in the
folder that the user names, in files that only their owner can read, and holds numbers, no audio.
Deleting a person's file removes all that is stored.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.errors import ModelError
from sentivox.system.atomic import write_whole
from sentivox.system.locks import locked
from sentivox.types import FloatArray

SUFFIX: Final = ".voice.json"
_NAME: Final = re.compile(r"[^\W_](?:[\w .'-]{0,62}[\w.])?")
_TAKEN: Final = re.compile(r"S\d+")  # the names of unknown speakers

Voices = Mapping[str, Sequence[FloatArray]]
"""The voiceprints of each person by name, each of shape (dim,)."""


class Enrolled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of one person's file.

    Attributes:
        name: The person's name.
        model: Name of the model that computed the voiceprints.
        voiceprints: One voiceprint for each recording.
    """

    name: str
    model: str
    voiceprints: list[list[float]]


def save_voice(
    folder: Path, name: str, model: str, voiceprints: Sequence[FloatArray], *, replace: bool = False
) -> Path:
    """Write a person's file, completely or not at all.

    Args:
        folder: The folder of voices, created if necessary.
        name: The person's name: 1 to 64 letters, digits, spaces and some punctuation.
        model: Name of the model that computed the voiceprints.
        voiceprints: One for each recording, shape (dim,).
        replace: Replace an existing file.

    Returns:
        The file.

    Raises:
        ModelError: the name is not allowed or already enrolled, or the file cannot be written.
    """
    if not _NAME.fullmatch(name) or _TAKEN.fullmatch(name):
        raise ModelError(
            f"{name!r} cannot be a speaker's name: use 1 to 64 letters, digits or spaces, and not "
            "S1, S2 …, which stand for unknown speakers"
        )
    path = folder / f"{name}{SUFFIX}"
    content = Enrolled(
        name=name, model=model, voiceprints=[[float(x) for x in one] for one in voiceprints]
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder, wait=True):  # two processes may enrol the same name at once
            if path.exists() and not replace:
                raise ModelError(f"{path} already exists: add --replace to enrol {name} again")
            write_whole(path, msgspec.json.encode(content) + b"\n", mode=0o600)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be written: {error.strerror}; choose another --voices"
        ) from error
    return path


def load_voices(folder: Path, model: str) -> Voices:
    """Read the voiceprints of everybody who is enrolled in a folder.

    Args:
        folder: The folder of voices.
        model: Name of the model that voiceprints are compared with.

    Raises:
        ModelError: there is no such folder, or a file is damaged or from another model.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder of voices: create one with sentivox enroll")
    people = [_read(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    for person in people:
        if person.model != model:
            raise ModelError(
                f"{person.name} was enrolled with {person.model}, not {model}: enrol again"
            )
    return {p.name: [np.asarray(one, np.float32) for one in p.voiceprints] for p in people}


def _read(path: Path) -> Enrolled:
    try:
        person = msgspec.json.decode(path.read_bytes(), type=Enrolled)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path} is not an enrolled voice ({error}): enrol again") from error
    if not person.voiceprints or len({len(one) for one in person.voiceprints}) > 1:
        raise ModelError(f"{path} holds no voiceprints, or some of different lengths: enrol again")
    return person
