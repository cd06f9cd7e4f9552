"""Displays of live events: as text in a terminal, or as JSON lines."""

from dataclasses import dataclass
from typing import Protocol, Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sentivox.cli.bars import bar, half_of, meter, sparkline
from sentivox.cli.output import alert_line, disagreement, headline, stdout, summary_lines
from sentivox.cli.server_load import ServerLoad
from sentivox.cli.tables import NAMES_SHARE
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
from sentivox.protocol.labels import JUDGED_S
from sentivox.protocol.sentiment import Sentiment
from sentivox.wording.channels import channel_label
from sentivox.wording.codes import lacking
from sentivox.wording.timecode import clock

TIME = 7  # cells of a time


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


@dataclass(slots=True)
class Speaking:
    """An utterance in progress.

    Attributes:
        utterance_id: Its number in the channel.
        tone: The latest tone of it; None before it is to be shown.
        words: Its words so far; "" without.
    """

    utterance_id: int
    tone: AudioSentiment | None = None
    words: str = ""


class LiveView:
    """Prints utterances as lines and, in a terminal, shows the current state below them.

    Tone is shown once there is enough speech for a label (`JUDGED_S`): that of the first half
    second says next to nothing, and would alarm.

    Args:
        console: Console to print to; stdout by default.
        quiet: Print utterances and problems only, without the moving part.
    """

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or stdout()
        self._quiet = quiet
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._moves = self._console.is_interactive and not quiet
        self._half = half_of(self._console.width)
        self._speaking: dict[int, Speaking] = {}
        self._began: dict[tuple[int, int], float] = {}
        self._waiting: dict[tuple[int, int], Utterance] = {}
        self._utterances: dict[tuple[int, int], Utterance] = {}
        self._names = [channel_label(0)]
        self._rms: float | None = None
        self._load = ServerLoad()

    def __enter__(self) -> Self:
        if self._moves:
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
                self._speaking[event.channel] = Speaking(event.utterance_id)
                self._began[event.channel, event.utterance_id] = event.start
            case AudioSentiment():
                self._tone(event)
            case SpeechEnded():
                self._speaking.pop(event.channel, None)
            case InterimTranscript():
                self._interim(event)
            case Utterance():
                self._utterance(event)
            case Summary():
                self._summary(event)
            case WarningEvent() if not self._load.is_news(event):
                pass  # it is in the moving part
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

    def _utterance(self, event: Utterance) -> None:
        """Print the utterance, once its words are there: its tone alone would mislead."""
        place = event.channel, event.utterance_id
        self._utterances[place] = event
        self._waiting.pop(place, None)
        if event.final or event.transcript:
            self._console.print(self._line(event))
        else:
            self._waiting[place] = event

    def _summary(self, event: Summary) -> None:
        for left in self._waiting.values():
            self._console.print(self._line(left))
        self._waiting.clear()
        self._aside(Text(f"{event.duration:.1f} s of audio", style="dim"))
        for part in (*summary_lines(event), *talk_figures(event), *headline(event)):
            self._aside(part)

    def _tone(self, event: AudioSentiment) -> None:
        began = self._began.setdefault((event.channel, event.utterance_id), event.start)
        if event.end - began < JUDGED_S:
            return
        said = self._speaking.get(event.channel)
        if said is not None and said.utterance_id == event.utterance_id:
            said.tone = event
        if not self._moves:
            self._aside(self._row(began, event.channel, self._feeling(event), "tone so far"))

    def _interim(self, event: InterimTranscript) -> None:
        said = self._speaking.get(event.channel)
        if said is not None and said.utterance_id == event.utterance_id:
            said.words = event.transcript
        if not self._moves:
            words = Text(f"{event.transcript} …", style="dim")
            self._aside(
                self._row(event.end, event.channel, bar(None, "unclear", self._half), words)
            )

    def _aside(self, said: RenderableType) -> None:
        if not self._quiet:
            self._console.print(said)

    def _refresh(self) -> None:
        if self._live.is_started:
            self._live.update(self._moving(), refresh=True)

    def _moving(self) -> RenderableType:
        rows = [] if self._rms is None else [Text.assemble("level  ", meter(self._rms))]
        rows += [
            Text.assemble("mood   ", self._who(channel), sparkline([p.value for p in points]))
            for channel in range(len(self._names))
            if (points := curve(self._said(channel), channel))
        ]
        if state := self._load.state:
            rows.append(Text(state, style="magenta"))
        for channel, said in sorted(self._speaking.items()):
            rows.append(
                Text.assemble(("● ", "red"), self._who(channel), "speaking  ", self._heard(said))
            )
            if said.words:
                rows.append(Text(f"  {said.words} …", style="dim"))
        for channel, _ in self._waiting:
            rows.append(Text.assemble(("○ ", "dim"), self._who(channel), ("words follow…", "dim")))
        return Group(*rows)

    def _heard(self, said: Speaking) -> Text:
        if said.tone is None:
            return Text("listening…", style="dim")
        return Text.assemble("tone ", self._feeling(said.tone))

    def _said(self, channel: int) -> list[Utterance]:
        """What was said, without what has a tone only as long as its words are still to come."""
        said = (u for (own, _), u in self._utterances.items() if own == channel)
        return [u for u in said if u.final or u.transcript]

    def _line(self, event: Utterance) -> Table:
        words = event.transcript or ("…" if not event.final else "(no words)")
        label = event.fused.label if event.fused else "unclear"
        parts = [
            f"{name} {_number(part)}"
            for name, part in (("text", event.text_sentiment), ("tone", event.audio_sentiment))
            if part is not None
        ]
        marks = [*parts, *disagreement(event), *map(lacking, event.degraded)]
        line = Text(words, style="" if event.final else "dim italic")
        line.append(f"  [{', '.join(marks)}]", "dim")
        return self._row(
            event.start, event.channel, bar(event.fused_score, label, self._half), line
        )

    def _row(self, at: float, channel: int, feeling: Text, words: Text | str) -> Table:
        """One line, whose words are wrapped in their own column."""
        row = Table.grid()
        row.add_column(no_wrap=True)
        row.add_column(overflow="fold")
        time = Text(f"{clock(at):>{TIME}}  ", style="dim")
        row.add_row(Text.assemble(time, self._who(channel), feeling, "  "), words)
        return row

    def _who(self, channel: int) -> str:
        """The channel's label, as wide as the widest; "" where there is only one."""
        if len(self._names) < 2:
            return ""
        most = max(8, self._console.width // NAMES_SHARE)
        name = set_cell_size(self._names[channel], min(most, max(map(cell_len, self._names))))
        return f"{name}  "

    def _feeling(self, tone: AudioSentiment) -> Text:
        """The tone as a bar, or "unclear" without a figure."""
        if tone.label == "unclear":
            width = cell_len(bar(None, "unclear", self._half).plain)
            return Text(f"{'unclear ':>{width}}", style="dim")
        return bar(tone.score, tone.label, self._half)


def _number(part: Sentiment) -> str:
    """The score of a part, or "unclear" where its confidence is too low for a label."""
    return "unclear" if part.label == "unclear" else f"{part.score:+.2f}"


def _notice(event: Alert | WarningEvent | Error) -> Text:
    """One line about what somebody should know at once."""
    if isinstance(event, Alert):
        return Text("! ", "bold").append_text(alert_line(event))
    return Text(f"{type(event).__name__}: {event.message}", style="magenta")


def _greeting(event: Begin) -> str:
    return f"Connected: profile {event.profile}, protocol {event.protocol}. Listening…"
