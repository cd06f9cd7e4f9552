"""File names where there is little room for them."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from markupsafe import Markup, escape

_BORDERS: Final = re.compile(r"(?<=[-_/])(?=[^-_./])|(?<=\.)(?=[^-_./]{5})|(?<=[a-z0-9])(?=[A-Z])")
"""Where a name may be broken: after the marks between its words, except before a suffix such as
".flac", and before a capital letter."""


def breakable(name: str) -> Markup:
    """A name as HTML that browsers break between its words."""
    return Markup("<wbr>").join(escape(word) for word in _BORDERS.split(name))


def short_names(names: Sequence[str]) -> list[str]:
    """The names without their suffixes, and without the words with which all of them begin."""
    words = [_BORDERS.split(PurePath(name).stem) for name in names]
    while len(words) > 1 and all(len(left) > 1 and left[0] == words[0][0] for left in words):
        words = [left[1:] for left in words]
    return ["".join(left) for left in words]
