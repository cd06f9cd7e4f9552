"""A recording's result, as Python users get it: its data, and ways to look at it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentivox.report.document import Document
from sentivox.system.usage import PATH, require

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Result(Document):
    """A whole recording, and how to look at it."""

    def to_dataframe(self) -> "pd.DataFrame":
        """One row an utterance, in the order of time, with the columns of the CSV.

        Raises:
            SentivoxError: pandas is not installed.
        """
        from sentivox.report.notebook import to_dataframe  # noqa: PLC0415  (optional)

        return to_dataframe(self)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Scores and mood over time, drawn by matplotlib on `ax` or a new figure.

        Raises:
            SentivoxError: matplotlib is not installed.
        """
        from sentivox.report.notebook import plot  # noqa: PLC0415  (optional)

        return plot(self, ax)

    def report(self, path: str | Path, *, sound: bool = False) -> None:
        """Write the page of `analyze --report`: one HTML file that needs nothing else.

        Args:
            path: Of the page.
            sound: Embed the recording, to be heard by clicking.

        Raises:
            AudioError: The recording is not there, or not any more: it is read again, to be drawn.
            SentivoxError: The page cannot be written.
        """
        require("path", path, PATH, "the path of the page to write")
        from sentivox.audio.files import AudioFile  # noqa: PLC0415  (only who asks pays)
        from sentivox.audio.given import NAMES  # noqa: PLC0415
        from sentivox.errors import AudioError  # noqa: PLC0415
        from sentivox.report.book import Book  # noqa: PLC0415

        if self.file in NAMES:
            raise AudioError(
                f"{self.file} is not on the disk, and is read again to be drawn: write"
                " it to a file, such as by sentivox.audio.files.write_wav, and analyse that"
            )
        file = AudioFile(self.file, mixdown=len(self.channels) == 1, track=self.track)
        with Book(Path(path), several=False, sound=sound) as book:
            book.add(self, file)

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        from sentivox.report.page import fragment  # noqa: PLC0415  (only who looks pays)

        return fragment(self)
