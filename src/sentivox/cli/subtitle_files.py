"""`analyze --srt FILE` and `--vtt FILE`: writes subtitles of recordings."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from sentivox.api.result import Result
from sentivox.errors import SentivoxError
from sentivox.system.atomic import require_writable, write_whole
from sentivox.wording.paths import FreeNames, safe_stem


class Render(Protocol):
    """Formats a recording's result as subtitles."""

    def __call__(self, result: Result, *, sentiment: bool) -> str:
        """The content of the subtitle file; `sentiment`: include each utterance's sentiment."""
        ...


class SubtitleFiles:
    """Writes the subtitles of one recording to a file, or of several into a folder.

    The folder is named like the file without its suffix. Each file in it is named like its
    recording but ends in .srt or .vtt, so that no recording is overwritten. Each file is written
    completely or not at all.

    Args:
        path: The file named by the option.
        option: The option, "--srt" or "--vtt".
        render: Formats the subtitles.
        several: Whether there is more than one recording.
        sentiment: Include each utterance's sentiment.

    Raises:
        SentivoxError: The file or folder cannot be written, or lacks a name or suffix.
    """

    def __init__(
        self, path: Path, option: str, render: Render, *, several: bool, sentiment: bool
    ) -> None:
        self._path = path
        self._option = option
        self._render = render
        self._sentiment = sentiment
        self._suffix = option.replace("--", ".")
        if several and not path.suffix:
            raise SentivoxError(f"{path} needs a suffix, as in {path}{self._suffix}")
        if not path.name or (several and not path.stem.strip(".")):
            raise SentivoxError(f"{path} needs a name, as in out{self._suffix}")
        self._folder = path.with_suffix("") if several else None
        self._names = FreeNames()
        self._try(self._prepare)

    def add(self, result: Result) -> None:
        """Write the subtitles of a recording.

        Raises:
            SentivoxError: The file cannot be written.
        """
        path = self._path
        if self._folder is not None:
            name = self._names.free(safe_stem(Path(result.file)))
            path = self._folder / f"{name}{self._suffix}"
        data = self._render(result, sentiment=self._sentiment).encode()
        self._try(lambda: write_whole(path, data))

    def _prepare(self) -> None:
        if self._folder is None:
            require_writable(self._path)
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            require_writable(self._folder / self._path.name)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            where = self._folder or self._path
            raise SentivoxError(
                f"cannot write {where}: {error.strerror}; choose another {self._option}"
            ) from error


def subtitle_files(
    wanted: Iterable[tuple[str, Path | None]], *, several: bool, sentiment: bool
) -> list[SubtitleFiles]:
    """Create a writer for each subtitle option that was given.

    Args:
        wanted: Pairs of an option, "--srt" or "--vtt", and the file it names, if given.
        several: Whether there is more than one recording.
        sentiment: Include each utterance's sentiment.

    Raises:
        SentivoxError: A file or folder cannot be written.
    """
    from sentivox.report.subtitles import srt, vtt  # noqa: PLC0415  (most runs write none)

    renders: dict[str, Render] = {"--srt": srt, "--vtt": vtt}
    return [
        SubtitleFiles(path, option, renders[option], several=several, sentiment=sentiment)
        for option, path in wanted
        if path is not None
    ]
