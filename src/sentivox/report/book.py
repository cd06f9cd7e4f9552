"""Writes a report during analysis: one HTML page per recording, and an index of several."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import quote

from sentivox.audio.protocol import Recording
from sentivox.errors import SentivoxError
from sentivox.report.compare import Entry, recording_day
from sentivox.report.document import Document
from sentivox.report.page import index_page, recording_page
from sentivox.report.sound import data_url
from sentivox.report.waveform import Envelope
from sentivox.system.atomic import require_writable, write_whole
from sentivox.system.locks import locked
from sentivox.wording.paths import FreeNames, safe_stem


class ReportWriter:
    """A report in progress. As a context manager, it writes the index on exit, even after an error.

    For one recording, `path` is its page. For several, `path` is the index, and the pages are in a
    folder beside it with the same name without the suffix. Every file is written atomically. The
    index is also written after 1, 2, 4, 8 … pages, so that it covers at least half of the pages if
    the process is killed.

    Args:
        path: The HTML file to write.
        several: More than one recording will be added.
        sound: Embed the audio of the recordings, for playback in the page.

    Raises:
        SentivoxError: The report cannot be written there.
    """

    def __init__(self, path: Path, *, several: bool, sound: bool) -> None:
        if path.is_dir():
            raise SentivoxError(f"{path} is a folder: name the HTML file to write, as in out.html")
        if several and not path.suffix:
            raise SentivoxError(f"{path} needs a suffix, as in {path}.html")
        if not path.stem.strip("."):
            raise SentivoxError(f"{path} needs a name before its suffix, as in out.html")
        self._path = path
        self._sound = sound
        self._pages = path.with_suffix("") if several else None
        self._entries: list[Entry] = []
        self._names = FreeNames()
        self._kept = ExitStack()
        self._prepare()

    def add(self, result: Document, file: Recording) -> None:
        """Write the page of a recording.

        Args:
            result: The results of its analysis.
            file: Its audio, which is decoded once more.

        Raises:
            AudioError: The audio cannot be decoded.
            SentivoxError: The page cannot be written.
        """
        envelope = Envelope.read(file)
        sound = data_url(file) if self._sound else None
        if self._pages is None:
            self._write(self._path, recording_page(result, envelope, sound=sound))
            return
        page = self._pages / f"{self._names.free(safe_stem(Path(result.file)))}.html"
        index = quote(b"../" + os.fsencode(self._path.name))
        self._write(page, recording_page(result, envelope, sound=sound, index=index))
        href = quote(os.fsencode(Path(self._pages.name, page.name)))
        day = recording_day(file.path)
        self._entries.append(Entry(href, result, day, sound=sound is not None))
        if len(self._entries).bit_count() == 1:
            self._write_index()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._kept:
            self._write_index()

    def _prepare(self) -> None:
        """Make the folders, check that files can be written, and lock the folder of pages.

        Raises:
            SentivoxError: They cannot, or another process is writing the same report.
        """
        folder = self._pages or self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            require_writable(self._path)
            alone = self._pages is None or self._kept.enter_context(locked(self._pages))
        except OSError as error:
            raise self._trouble(Path(error.filename or folder), error) from error
        if not alone:
            raise SentivoxError(
                f"{self._path} is being written by another sentivox analyze:"
                " wait until it is done, or choose another --report"
            )

    def _write_index(self) -> None:
        if self._entries:
            self._write(self._path, index_page(self._entries))

    def _write(self, path: Path, page: str) -> None:
        try:
            write_whole(path, page.encode())
        except OSError as error:
            raise self._trouble(path, error) from error

    @staticmethod
    def _trouble(path: Path, error: OSError) -> SentivoxError:
        return SentivoxError(f"cannot write {path}: {error.strerror}; choose another --report")
