"""Writes a report while recordings are being analysed: a page each, and an index over several."""

from pathlib import Path
from typing import Self
from urllib.parse import quote

from sentivox.audio.protocol import Recording
from sentivox.errors import SentivoxError
from sentivox.report.page import Entry, index_page, recording_page
from sentivox.report.sound import data_url
from sentivox.report.waveform import Envelope
from sentivox.result import Result


class Book:
    """A context manager; leaving it writes the index, whatever ended the work.

    One recording is the file `path` itself. Of several, `path` is the index, and the pages are in
    a folder beside it that is called like it, without the suffix.

    Args:
        path: The HTML file to write.
        several: More than one recording will come.
        sound: Embed the recordings, to be heard by clicking.

    Raises:
        SentivoxError: It cannot be written there.
    """

    def __init__(self, path: Path, *, several: bool, sound: bool) -> None:
        if path.is_dir():
            raise SentivoxError(f"{path} is a folder: name the HTML file to write, as in out.html")
        if several and not path.suffix:
            raise SentivoxError(f"{path} needs a suffix, as in {path}.html")
        self._path = path
        self._sound = sound
        self._pages = path.with_suffix("") if several else None
        self._entries: list[Entry] = []
        self._taken: set[str] = set()
        self._make(self._pages or path.parent)

    def add(self, result: Result, file: Recording) -> None:
        """Write a recording's page.

        Raises:
            AudioError: Its sound cannot be read again.
            SentivoxError: The page cannot be written.
        """
        envelope = Envelope.read(file)
        sound = data_url(file) if self._sound else None
        if self._pages is None:
            self._write(self._path, recording_page(result, envelope, sound=sound))
            return
        page = self._pages / f"{self._free(file.path.stem)}.html"
        index = quote(f"../{self._path.name}")
        self._write(page, recording_page(result, envelope, sound=sound, index=index))
        self._entries.append(Entry(quote(f"{self._pages.name}/{page.name}"), result))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._entries:
            self._write(self._path, index_page(self._entries))

    def _free(self, stem: str) -> str:
        """The stem, or with a number behind it where another recording is called like it."""
        names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(self._taken) + 2))
        free = next(name for name in names if name not in self._taken)
        self._taken.add(free)
        return free

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._trouble(folder, error) from error

    def _write(self, path: Path, page: str) -> None:
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise self._trouble(path, error) from error

    @staticmethod
    def _trouble(path: Path, error: OSError) -> SentivoxError:
        return SentivoxError(f"cannot write {path}: {error.strerror}; choose another --report")
