"""File names made safe: as valid text, and as names for output files.

A file name on Linux may hold any bytes except "/" and NUL. Python represents bytes that are not
UTF-8 as lone surrogates, which neither JSON nor HTML can hold.
"""

import re
import unicodedata
from pathlib import PurePath
from typing import Final

_LONGEST: Final = 180
"""Most bytes of a stem made by `safe_stem`: file systems allow 255, and numbers and suffixes are
added to it."""

# Separators, control and formatting characters, and bidirectional text marks.
_UNWANTED: Final = re.compile(
    r"[/\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)

_HALVES: Final = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
"""Lone surrogates outside the range that Python uses for undecodable bytes. They cannot come from
a file name, but other text may hold them."""


def path_text(path: PurePath | str) -> str:
    r"""A path as text that encodes to UTF-8; undecodable bytes become escapes such as `\xe9`."""
    text = _HALVES.sub("\ufffd", str(path))
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text


def safe_stem(path: PurePath) -> str:
    """A safe name, without a suffix, for an output file or folder that belongs to a recording.

    It is valid on any file system and in any shell: not "..", not hidden, not like an option,
    free of control characters, and short enough to take a suffix. Two recordings may get the same
    stem; see `FreeNames`.

    Args:
        path: The recording.
    """
    stem = _UNWANTED.sub("_", path.stem).lstrip(" .-").rstrip(" .")
    short = stem.encode()[:_LONGEST].decode(errors="ignore").rstrip(" .")
    return short or "recording"


def alike(name: str) -> str:
    """A key that is equal for names that differ only in case or Unicode normalisation.

    Some file systems treat such names as the same file.
    """
    return unicodedata.normalize("NFC", name).casefold()


class FreeNames:
    """Hands out file names for one folder, each only once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """Reserve and return `stem`, or "stem-2", "stem-3" … if a name like it is taken."""
        names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(self._taken) + 2))
        free = next(name for name in names if alike(name) not in self._taken)
        self._taken.add(alike(free))
        return free
