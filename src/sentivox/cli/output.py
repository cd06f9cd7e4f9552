"""Text output shared by several commands: consoles, the table of utterances, and the summary.

Results go to stdout, everything else to stderr.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sentivox.cli.terminal import clean
from sentivox.conversation.moments import turned_at
from sentivox.conversation.trend import telling
from sentivox.protocol.events import Alert, Summary, Utterance
from sentivox.protocol.sentiment import Sentiment
from sentivox.protocol.summary import ChannelSummary, FiredAlert, TurningPoint
from sentivox.wording.channels import channel_label
from sentivox.wording.codes import lacking
from sentivox.wording.timecode import clock

LABEL_COLOURS = {
    "negative": "red",
    "neutral": "yellow",
    "positive": "green",
    "unclear": "dim",
    "unknown": "dim",
}
"""Rich style of each label; "unknown" is what older servers say in place of "unclear"."""

SEVERITY_COLOURS = {"info": "cyan", "warning": "yellow", "critical": "bold red"}
"""Rich style of each severity of alerts."""

PIPE_WIDTH = 140  # columns of output that does not go to a terminal
TURNS = 3  # maximum turning points shown
WIDEST_NAME = 16  # columns of the labels of channels in a table


class Cleaning(Console):
    """A rich console without markup that removes control characters: see `terminal.clean`."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments to print, cleaned except for rich's own control segments."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def stdout() -> Console:
    """A console on stdout, for results; at least `PIPE_WIDTH` wide if it is not a terminal."""
    console = Cleaning()
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    return console


def stderr() -> Console:
    """A console on stderr, for everything but results."""
    return Cleaning(stderr=True)


def score(value: float | None, label: str | None = None) -> Text:
    """A score with its sign, in the colour of its label; a dash for None."""
    if value is None:
        return Text("–", style="dim")
    return Text(f"{value:+.2f}", style=LABEL_COLOURS.get(label or "", ""))


def utterance_table(utterances: Iterable[Utterance], names: Sequence[str]) -> Table:
    """A table with a row per utterance: time, channel, words, sentiment and scores.

    Args:
        utterances: The utterances.
        names: The label of each channel; not shown if there is only one.
    """
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("time", no_wrap=True)
    if len(names) > 1:
        table.add_column("who", max_width=WIDEST_NAME, overflow="fold")
    table.add_column("words", ratio=1, overflow="fold")
    table.add_column("sentiment", no_wrap=True)
    for name in ("fused", "text", "tone"):
        table.add_column(name, justify="right", no_wrap=True)
    for u in utterances:
        who = [names[u.channel]] if len(names) > 1 else []
        table.add_row(f"{clock(u.start)}–{clock(u.end)}", *who, _words(u), *_feelings(u))
    return table


def summary_lines(summary: Summary) -> list[Text]:
    """A line per channel, per speaker told apart, and for each of the largest turning points."""
    names = channel_names(summary)
    turned = sorted(summary.turning_points, key=lambda p: -abs(p.after - p.before))[:TURNS]
    return [
        *(
            _summary(name, one, several=len(names) > 1)
            for name, one in zip(names, summary.channels, strict=True)
        ),
        *(_summary(one.speaker or "", one, several=True) for one in summary.speakers),
        *(_turn(p, names) for p in sorted(turned, key=turned_at)),
    ]


def alert_line(alert: Alert | FiredAlert) -> Text:
    """One line about an alert: when, how much it matters, which rule, and why."""
    line = Text(f"{clock(alert.t)}  ").append(alert.severity, SEVERITY_COLOURS[alert.severity])
    return line.append(f"  {alert.rule}: {alert.why}")


def channel_names(summary: Summary) -> list[str]:
    """The label of each channel."""
    given = [channel.name for channel in summary.channels]  # None from older servers
    return [channel_label(channel, given) for channel in range(len(given))]


def _feelings(u: Utterance) -> list[Text]:
    label = u.fused.label if u.fused else "unclear"
    feeling = Text(label, style=LABEL_COLOURS[label])
    return [feeling, score(u.fused_score, label), _part(u.text_sentiment), _part(u.audio_sentiment)]


def _part(sentiment: Sentiment | None) -> Text:
    return score(sentiment.score, sentiment.label) if sentiment else score(None)


def _words(u: Utterance) -> Text:
    words = Text(u.transcript) if u.transcript else Text("(no words)", style="dim")
    if u.speaker is not None:
        words = Text(f"{u.speaker}: ", style="bold").append_text(words)
    marks = [*u.events, *map(lacking, u.degraded), *disagreement(u)]
    return words.append(f"  [{', '.join(marks)}]", "dim") if marks else words


def disagreement(u: Utterance) -> list[str]:
    """A remark if words and tone contradict each other: sarcasm, or one of them is wrong."""
    return ["words and tone disagree"] if u.fused and u.fused.agreement is False else []


def _summary(name: str, channel: ChannelSummary, *, several: bool) -> Text:
    said = f"{_many(channel.utterances, 'utterance')}, {channel.talk_seconds:.1f} s of speech"
    line = Text(f"{name}: {said}")
    if several and channel.talk_ratio is not None:
        line.append(f" ({channel.talk_ratio:.0%})")
    for label, count in channel.counts.items():
        if count:
            line.append(", ").append(f"{count} {label}", LABEL_COLOURS[label])
    if channel.mean_score is not None:
        line.append(f", mean {channel.mean_score:+.2f}")
    if channel.trend is not None and telling(channel):
        error = "" if channel.trend_error is None else f" ± {channel.trend_error:.2f}"
        line.append(f", trend {channel.trend:+.2f}{error} a minute")
    if channel.interruptions:
        line.append(f", {_many(channel.interruptions, 'interruption')}")
    return line


def _turn(point: TurningPoint, names: Sequence[str]) -> Text:
    colour = LABEL_COLOURS["positive" if point.direction == "better" else "negative"]
    name = point.speaker or (names[point.channel] if len(names) > 1 else None)
    who = "" if name is None else f"{name} "
    line = Text(f"{clock(turned_at(point))}  {who}turned ").append(point.direction, colour)
    line.append(f", {point.before:+.2f} → {point.after:+.2f}")
    return line.append(f": {point.transcript}") if point.transcript else line


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
