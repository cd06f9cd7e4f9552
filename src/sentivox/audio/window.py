"""Random access to a large file, with one block of it in memory."""

import re
from typing import BinaryIO, Final

HEAD: Final = 12
"""Bytes that `Window.head` returns by default, and the longest match of `Window.search`."""

_BLOCK: Final = 1 << 18  # bytes


class Window:
    """The bytes of a file up to offset `end`, read in blocks."""

    __slots__ = ("_at", "_block", "_file", "end")

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file = file
        self._at, self._block = 0, b""
        self.end = end

    def head(self, at: int, size: int = HEAD) -> bytes:
        """Return `size` bytes from offset `at`, or fewer at the end."""
        first = at - self._at
        if not 0 <= first <= len(self._block) - size:
            self._load(at)
            first = 0
        return self._block[first : first + size]

    def search(self, mark: re.Pattern[bytes], at: int) -> int | None:
        """Return the offset of the next match from `at` on; a match has at most HEAD bytes."""
        while at < self.end:
            first = at - self._at
            if not 0 <= first < len(self._block):
                self._load(at)
                first = 0
            if not self._block:
                return None
            if found := mark.search(self._block, first):
                return self._at + found.start()
            end = self._at + len(self._block)
            if end >= self.end:
                return None
            at = max(at + 1, end - HEAD)
            self._load(at)
        return None

    def _load(self, at: int) -> None:
        self._file.seek(at)
        self._at, self._block = at, self._file.read(max(0, min(_BLOCK, self.end - at)))
