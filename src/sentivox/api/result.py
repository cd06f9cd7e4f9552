"""The result of analysing a recording: its data, and methods to tabulate, write and plot it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sentivox.errors import SentivoxError
from sentivox.protocol.shown import counted, mean, quoted, shown
from sentivox.report.document import CSV_COLUMNS, Document
from sentivox.report.tables import csv_lines, parquet_table
from sentivox.system.atomic import write_whole
from sentivox.system.usage import PATH, require
from sentivox.wording.paths import path_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False)
class Result(Document):
    """The result of a recording: the data of `Document`, with subtitles, files, tables and plots.

    `to_json`, `to_csv` and `to_parquet` write a file, as a whole or not at all, and replace one
    that is there. SubRip and WebVTT are text: `Path("call.srt").write_text(result.srt())`.
    """

    def srt(self, *, sentiment: bool = False) -> str:
        """Return subtitles as SubRip, cut at the words' times where there are any.

        Args:
            sentiment: Put the label of each utterance before its words, as in "[negative]".
        """
        from sentivox.report.subtitles import srt  # noqa: PLC0415  (a costly import)

        return srt(self, sentiment=sentiment)

    def vtt(self, *, sentiment: bool = False) -> str:
        """Return subtitles as WebVTT, with the speaker as each cue's voice.

        Args:
            sentiment: Put the label of each utterance before its words, as in "[negative]".
        """
        from sentivox.report.subtitles import vtt  # noqa: PLC0415  (a costly import)

        return vtt(self, sentiment=sentiment)

    def to_json(self, path: str | Path) -> None:
        """Write the document of `analyze --json`, on one line.

        Args:
            path: Path of the file to write.

        Raises:
            SentivoxError: The file cannot be written.
        """
        _write(path, lambda: msgspec.json.encode(self.document()) + b"\n")

    def to_csv(self, path: str | Path) -> None:
        """Write the table of `analyze --csv`: a header, and one row per utterance.

        Args:
            path: Path of the file to write.

        Raises:
            SentivoxError: The file cannot be written.
        """
        _write(path, lambda: csv_lines([CSV_COLUMNS, *self.rows()]))

    def to_parquet(self, path: str | Path) -> None:
        """Write the same table as Parquet; its columns have types, whatever they hold.

        Args:
            path: Path of the file to write.

        Raises:
            SentivoxError: pyarrow is not installed, or the file cannot be written.
        """
        file = io.BytesIO()

        def table() -> bytes:
            with parquet_table(file, CSV_COLUMNS) as append:
                append(self.rows())
            return file.getvalue()

        _write(path, table)

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a table with one row per utterance, in order of time, and the CSV's columns.

        Raises:
            SentivoxError: pandas is not installed.
        """
        from sentivox.report.notebook import to_dataframe  # noqa: PLC0415  (optional)

        return to_dataframe(self)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Plot scores and mood over time with matplotlib, on `ax` or a new figure.

        Raises:
            SentivoxError: matplotlib is not installed.
        """
        from sentivox.report.notebook import plot  # noqa: PLC0415  (optional)

        return plot(self, ax)

    def report(self, path: str | Path, *, sound: bool = False) -> None:
        """Write the report of `analyze --report`: one self-contained HTML file.

        The recording is read again, for its waveform.

        Args:
            path: Path of the page to write.
            sound: Embed the recording, so that utterances can be played by clicking.

        Raises:
            AudioError: The recording is not in a file, or its file is gone.
            SentivoxError: The page cannot be written.
        """
        require("path", path, PATH, "the path of the page to write")
        from sentivox.audio.files import AudioFile  # noqa: PLC0415  (costly imports)
        from sentivox.audio.given import NAMES  # noqa: PLC0415
        from sentivox.errors import AudioError  # noqa: PLC0415
        from sentivox.report.book import ReportWriter  # noqa: PLC0415

        if self.file in NAMES:
            raise AudioError(
                f"{self.file} is not on the disk, and is read again to be drawn: write"
                " it to a file, such as by sentivox.audio.files.write_wav, and analyse that"
            )
        file = AudioFile(self.file, mixdown=len(self.channels) == 1, track=self.track)
        with ReportWriter(Path(path), several=False, sound=sound) as book:
            book.add(self, file)

    def __repr__(self) -> str:
        """One line; `document()` has everything."""
        return shown(
            self,
            f"{self.duration:.1f} s",
            counted(len(self.channels), "channel"),
            counted(self.summary.overall.utterances, "utterance"),
            mean(self.summary.overall.mean_score),
            "truncated" if self.truncated else None,
            quoted(path_text(Path(self.file).name)),
        )

    def _repr_html_(self) -> str:
        """The HTML with which notebooks display the result."""
        from sentivox.report.page import fragment  # noqa: PLC0415  (a costly import)

        return fragment(self)


def _write(path: str | Path, content: Callable[[], bytes]) -> None:
    """Write a file, whose content is made once its path has been found to be one."""
    require("path", path, PATH, "the path of the file to write")
    data = content()
    try:
        write_whole(Path(path), data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise SentivoxError(f"cannot write {path}: {why}; choose another path") from error
