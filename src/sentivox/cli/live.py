"""Displays of live events: as text in a terminal, or as JSON lines."""

import math
from collections.abc import Sequence
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from sentivox.cli.output import LABEL_COLOURS, alert_line, disagreement, stdout, summary_lines
from sentivox.cli.talk_figures import talk_figures
from sentivox.cli.terminal import write
from sentivox.conversation.mood import curve
from sentivox.protocol.events import (
    Alert,
    AudioSentiment,
    Begin,
    Error,
    Event,
    InterimTranscript,
    SpeechEnded,
    SpeechStarted,
    Summary,
    Utterance,
    encode,
)
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.protocol.labels import tendency
from sentivox.wording.channels import channel_label
from sentivox.wording.codes import lacking

HALF = 8  # cells of a score bar on either side of zero
FLOOR_DB = -60.0  # level in dB relative to full scale at which the meter is empty
BLOCKS = "▁▂▃▄▅▆▇█"
SPARKS = 40  # moods shown in a sparkline


class Display(Protocol):
    """Shows events; a context manager that restores the terminal when left."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, event: Event) -> None:
        """Show one event."""
        ...

    def level(self, rms: float) -> None:
        """Show the current level of the microphone, as RMS from 0 to 1."""
        ...


class JsonLines:
    """Print events to stdout, one JSON object per line."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, event: Event) -> None:
        """Print the event at once, so that a reader of the pipe gets it without delay."""
        write(encode(event) + b"\n")

    def level(self, rms: float) -> None:
        """Do nothing: the level is not an event."""


class LiveView:
    """Prints utterances as lines and, in a terminal, shows the current state below them.

    Args:
        console: Console to print to; stdout by default.
        quiet: Print utterances and problems only, without the moving part.
    """

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or stdout()
        self._quiet = quiet
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._speaking: dict[int, AudioSentiment | None] = {}
        self._so_far: dict[int, str] = {}
        self._utterances: dict[tuple[int, int], Utterance] = {}
        self._names = [channel_label(0)]
        self._rms: float | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def level(self, rms: float) -> None:
        """Update the level meter."""
        self._rms = rms
        self._refresh()

    def show(self, event: Event) -> None:
        """Print the event, or update the moving part with it."""
        match event:
            case Begin():
                self._begin(event)
            case SpeechStarted():
                self._speaking[event.channel] = None
            case AudioSentiment():
                self._tone(event)
            case SpeechEnded():
                self._speaking.pop(event.channel, None)
                self._so_far.pop(event.channel, None)
            case InterimTranscript():
                self._interim(event)
            case Utterance():
                self._utterances[event.channel, event.utterance_id] = event
                self._console.print(self._line(event))
            case Summary():
                self._aside(Text(f"{event.duration:.1f} s of audio", style="dim"))
                for part in (*summary_lines(event), *talk_figures(event)):
                    self._aside(part)
            case Alert() | WarningEvent() | Error():
                self._console.print(_notice(event))
            case _:
                pass
        self._refresh()

    def _begin(self, event: Begin) -> None:
        config = event.config
        self._names = [
            channel_label(channel, config.channel_names, config.roles)
            for channel in range(config.channels)
        ]
        self._aside(Text(_greeting(event), style="dim"))

    def _tone(self, event: AudioSentiment) -> None:
        self._speaking[event.channel] = event
        if not self._console.is_terminal:
            self._aside(Text.assemble(
                f"{event.end:7.2f}  {self._who(event.channel)}tone so far  ",
                _bar(event.score, event.label)))  # fmt: skip

    def _interim(self, event: InterimTranscript) -> None:
        self._so_far[event.channel] = event.transcript
        if not self._console.is_terminal:
            said = f"{event.end:7.2f}  {self._who(event.channel)}so far  {event.transcript}"
            self._aside(Text(said, style="dim"))

    def _aside(self, said: RenderableType) -> None:
        if not self._quiet:
            self._console.print(said)

    def _refresh(self) -> None:
        if self._live.is_started:
            self._live.update(self._moving(), refresh=True)

    def _moving(self) -> RenderableType:
        rows = [] if self._rms is None else [Text.assemble("level  ", _meter(self._rms))]
        rows += [
            Text.assemble("mood   ", self._who(channel), sparkline([p.value for p in points]))
            for channel in range(len(self._names))
            if (points := curve(self._said(channel), channel))
        ]
        for channel, tone in sorted(self._speaking.items()):
            bar = Text("…", style="dim") if tone is None else _bar(tone.score, tone.label)
            rows.append(Text.assemble(("● ", "red"), self._who(channel), "speaking  tone ", bar))
            if channel in self._so_far:
                rows.append(Text(f"  {self._so_far[channel]} …", style="dim"))
        return Group(*rows)

    def _said(self, channel: int) -> list[Utterance]:
        return [u for (own, _), u in self._utterances.items() if own == channel]

    def _line(self, event: Utterance) -> Text:
        words = event.transcript or ("…" if not event.final else "(no words)")
        label = event.fused.label if event.fused else "unclear"
        line = Text.assemble(
            (f"{event.start:7.2f}", "dim"), "  ", self._who(event.channel),
            _bar(event.fused_score, label), "  ",
            (words, "" if event.final else "dim italic"),
        )  # fmt: skip
        parts = [
            f"{name} {part.score:+.2f}"
            for name, part in (("text", event.text_sentiment), ("tone", event.audio_sentiment))
            if part is not None
        ]
        marks = [*parts, *disagreement(event), *map(lacking, event.degraded)]
        return line.append(f"  [{', '.join(marks)}]", "dim")

    def _who(self, channel: int) -> str:
        return f"{self._names[channel]}  " if len(self._names) > 1 else ""


def _notice(event: Alert | WarningEvent | Error) -> Text:
    """One line about what somebody should know at once."""
    if isinstance(event, Alert):
        return Text("! ", "bold").append_text(alert_line(event))
    return Text(f"{type(event).__name__}: {event.message}", style="magenta")


def sparkline(moods: Sequence[float]) -> Text:
    """The last `SPARKS` moods (-1…1) as coloured blocks, followed by the last one as a number."""
    line = Text()
    for mood in moods[-SPARKS:]:
        level = min(int((mood + 1) / 2 * len(BLOCKS)), len(BLOCKS) - 1)
        line.append(BLOCKS[level], LABEL_COLOURS[tendency(mood)])
    return line.append(f" {moods[-1]:+.2f}", LABEL_COLOURS[tendency(moods[-1])])


def _bar(score: float | None, label: str) -> Text:
    """A score from -1 to 1 as a bar to the left or right of zero, with its number."""
    if score is None:
        return Text(" " * HALF + "·" + " " * HALF + "   –  ", style="dim")
    cells = min(HALF, math.ceil(abs(score) * HALF - 1e-9))
    left = "━" * cells if score < 0 else ""
    right = "━" * cells if score > 0 else ""
    bar = f"{left:>{HALF}}│{right:<{HALF}} {score:+.2f} {label:<8}"
    return Text(bar, style=LABEL_COLOURS[label])


def _meter(rms: float) -> Text:
    decibels = max(FLOOR_DB, 20 * math.log10(max(rms, 1e-9)))
    cells = round((1 - decibels / FLOOR_DB) * 2 * HALF)
    return Text(f"{'█' * cells:<{2 * HALF}} {decibels:4.0f} dB", style="cyan")


def _greeting(event: Begin) -> str:
    return f"Connected: profile {event.profile}, protocol {event.protocol}. Listening…"
