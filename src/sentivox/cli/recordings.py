"""Finds the recordings named on the command line, and saves their utterances as WAV and JSON."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sentivox.audio.files import write_wav
from sentivox.cli.spool import SpooledRecording
from sentivox.errors import AudioError
from sentivox.protocol.events import Utterance, encode
from sentivox.system.atomic import write_whole
from sentivox.types import Int16Array
from sentivox.wording.paths import safe_stem

SUFFIXES: Final = frozenset({
    ".3gp", ".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".caf", ".flac", ".gsm",
    ".m4a", ".m4b", ".mka", ".mkv", ".mov", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".sph",
    ".tta", ".voc", ".w64", ".wav", ".webm", ".wma", ".wv",
})  # fmt: skip
"""Suffixes of files taken from a folder; a file named itself is tried whatever its suffix."""

OWNER: Final = ".recording"
"""Name of the file in a recording's folder that holds the recording's path, as bytes."""


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files named, and for a folder all recordings in it and below, sorted by path.

    Raises:
        AudioError: A folder holds no recording.
    """
    for path in paths:
        if not _is_folder(path):
            yield path
            continue
        found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in SUFFIXES]
        if not found:
            raise AudioError(f"{path} contains no recordings: name the files themselves")
        yield from (p for p in found if p.is_file())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as too long a name, which is reported when the file is opened
        return False


class UtteranceFiles:
    """Writes `FOLDER/RECORDING/CHANNEL-UTTERANCE.{wav,json}`, readable by the owner only.

    Args:
        folder: Parent folder of all recordings.
        source: The recording, which gets its own folder, the same in every run.
    """

    def __init__(self, folder: Path, source: SpooledRecording) -> None:
        self._parent = folder
        self._source = source
        self._folder: Path | None = None

    def save(self, utterance: Utterance, pcm: Int16Array) -> None:
        """Write one utterance; `pcm` is mono int16 at 16 kHz.

        Raises:
            AudioError: The files cannot be written.
        """
        name = f"{utterance.channel}-{utterance.utterance_id:04d}"
        try:
            if self._folder is None:
                self._folder = own_folder(self._parent, self._source)
            write_wav(self._folder / f"{name}.wav", pcm, mode=0o600)
            write_whole(self._folder / f"{name}.json", encode(utterance) + b"\n", mode=0o600)
        except OSError as error:
            msg = f"cannot write to {self._parent}: {error.strerror}; choose another --save-audio"
            raise AudioError(msg) from error


def own_folder(parent: Path, source: SpooledRecording) -> Path:
    """Find or create a recording's folder, named like it, with a number if the name is taken.

    The file `OWNER` in the folder identifies the recording, so a later run finds the folder again
    and never writes into that of another recording, or into an unrelated folder.

    Raises:
        OSError: The folder cannot be created.
    """
    stem, owner = safe_stem(source.given), os.fsencode(source.path.absolute())
    for number in itertools.count(1):
        folder = parent / (stem if number == 1 else f"{stem}-{number}")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = folder / OWNER
        if not mark.exists() and any(folder.iterdir()):
            continue
        try:
            with mark.open("xb") as file:
                file.write(owner)
        except FileExistsError:
            if mark.read_bytes() != owner:
                continue
        return folder
    raise AssertionError("unreachable: the counter is endless")
