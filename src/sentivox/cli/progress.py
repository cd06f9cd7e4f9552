"""Progress displays: a counting bar, and the progress of recordings with their utterances."""

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from sentivox.cli.output import score
from sentivox.cli.terminal import one_line
from sentivox.protocol.events import Event, Utterance
from sentivox.wording.timecode import clock

SHOWN_UTTERANCES = 4  # utterances shown above the bar


@contextmanager
def counting(console: Console, name: str) -> Generator[Callable[[int, int], None]]:
    """A progress bar for countable work, shown only in a terminal.

    Yields:
        A function to be called with the number of items done and the total.
    """
    if not console.is_interactive:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        shown = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)


@contextmanager
def waiting(
    console: Console, doing: str = "", *, quiet: bool = False
) -> Generator[Callable[[str], None]]:
    """A spinner with what is being done, shown only in a terminal.

    Yields:
        A function to be called with what is done next.
    """
    if quiet or not console.is_interactive:
        yield lambda _doing: None
        return
    with console.status(doing) as status:
        yield status.update


class ProgressWatch:
    """Shows the progress of `analyze`; outside a terminal only one line per recording.

    A context manager, which removes the moving display when left.

    Attributes:
        quiet: Print nothing but problems.

    Args:
        console: Console to print to, normally stderr.
        moving: Show a bar and the latest utterances; ignored outside a terminal.
        quiet: See the attribute.
    """

    def __init__(self, console: Console, *, moving: bool, quiet: bool) -> None:
        self._console = console
        self._moving = moving and console.is_interactive and not quiet
        self.quiet = quiet
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[at]}"),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
        )
        self._last: deque[Text] = deque(maxlen=SHOWN_UTTERANCES)
        self._live = Live(
            console=console, transient=True, refresh_per_second=8, get_renderable=self._render
        )
        self._task: TaskID | None = None
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def loading(self, stage: str, done: bool) -> None:
        """Show that a model is being loaded or, with `done`, has been."""
        self._move()
        if self._task is None:
            self._task = self._bar.add_task("loading models", total=None, at=stage)
        self._bar.update(self._task, at=f"{stage} ready" if done else stage)

    def begin(self, name: str, duration: float | None) -> None:
        """Show that a recording begins, with its duration in seconds if known."""
        self._move()
        self._reset()
        self._last.clear()
        self._began = time.monotonic()
        self._task = self._bar.add_task(one_line(name), total=duration, at="")

    def event(self, event: Event, position: float) -> None:
        """Take an event of the recording, with `position` seconds of audio analysed so far."""
        if isinstance(event, Utterance) and event.final:
            label = event.fused.label if event.fused else None
            words = event.transcript or "(no words)"
            self._last.append(
                Text.assemble(
                    (f"{clock(event.start):>8} ", "dim"),
                    score(event.fused_score, label),
                    f"  {words}",
                    no_wrap=True,
                    overflow="ellipsis",
                )
            )
        if self._task is not None:
            rate = self._rate(position)
            at = f"{clock(position)} × {rate:.1f} real time"
            self._bar.update(self._task, completed=position, at=at)

    def end(self, name: str, position: float) -> None:
        """Show that a recording is done, and stop the display so that results can be printed.

        Args:
            name: Name of the recording.
            position: Its length in seconds.
        """
        self._live.stop()
        taken = time.monotonic() - self._began
        self._reset()
        self.note(
            f"{name}: {position:.1f} s of audio in {taken:.1f} s"
            f" ({self._rate(position):.1f} × real time)"
        )

    def note(self, line: str) -> None:
        """Print one line, unless `quiet`."""
        if not self.quiet:
            self._console.print(Text(one_line(line), style="dim"), soft_wrap=True)

    def problem(self, line: str) -> None:
        """Print a one-line error message, even if `quiet`."""
        self._reset()
        self._console.print(Text(f"sentivox: error: {one_line(line)}"), soft_wrap=True)

    def _move(self) -> None:
        if self._moving and not self._live.is_started:
            self._live.start()

    def _rate(self, position: float) -> float:
        return position / max(time.monotonic() - self._began, 1e-6)

    def _reset(self) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None

    def _render(self) -> RenderableType:
        return Group(*self._last, self._bar.get_renderable())
