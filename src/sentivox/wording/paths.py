"""Names of files, as text and as names of what we write.

A file's name on Linux is any bytes but "/" and 0; Python holds those that are not UTF-8 as lone
surrogates, which neither JSON nor a page can hold.
"""

import re
import unicodedata
from pathlib import PurePath
from typing import Final

_LONGEST: Final = 180
"""Bytes of a name that we choose: file systems take 255, and numbers and suffixes come on top."""

# Separators, control and formatting characters, and the marks that turn the direction of writing.
_UNWANTED: Final = re.compile(
    r"[/\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)

_HALVES: Final = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters that stand for no byte: no file's name holds them, other text may."""


def text_of(path: PurePath | str) -> str:
    r"""A path as valid text; a byte that is not UTF-8 is an escape such as `\xe9`."""
    text = _HALVES.sub("\ufffd", str(path))
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text


def safe_stem(path: PurePath) -> str:
    """What to call a file or folder that belongs to a recording: its name without the suffix.

    The name is one that any file system and shell can bear: neither ".." nor hidden nor like an
    option, without control characters, and short enough for a suffix. Two recordings may come to
    the same name.
    """
    stem = _UNWANTED.sub("_", path.stem).lstrip(" .-").rstrip(" .")
    short = stem.encode()[:_LONGEST].decode(errors="ignore").rstrip(" .")
    return short or "recording"


def alike(name: str) -> str:
    """The same for names that some file system takes for one: in case, or in how "é" is put."""
    return unicodedata.normalize("NFC", name).casefold()


class FreeNames:
    """Names of files in one folder, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """The stem, or with a number behind it where another is called like it."""
        names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(self._taken) + 2))
        free = next(name for name in names if alike(name) not in self._taken)
        self._taken.add(alike(free))
        return free
