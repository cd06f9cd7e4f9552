"""The result of analysing a recording: its data, and methods to tabulate and plot it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentivox.protocol.shown import counted, mean, quoted, shown
from sentivox.report.document import Document
from sentivox.system.usage import PATH, require
from sentivox.wording.paths import path_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False)
class Result(Document):
    """The result of a recording: the data of `Document`, with tables, plots and reports."""

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
