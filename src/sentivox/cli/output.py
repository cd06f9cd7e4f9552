"""Text output shared by several commands: consoles, the table of utterances, and the summary.

Results go to stdout, everything else to stderr.
"""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sentivox.cli.tables import Column, Fitted
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


class Cleaning(Console):
    """A rich console without markup that removes control characters: see `terminal.clean`.

    Colours are as rich decides by NO_COLOR, FORCE_COLOR and TERM. Nothing moves (`is_interactive`)
    outside a terminal, even where colours are forced there.

    Attributes:
        to_terminal: Whether its stream is a terminal.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        to_terminal = (sys.stderr if stderr else sys.stdout).isatty()
        super().__init__(
            stderr=stderr,
            highlight=False,
            markup=False,
            emoji=False,
            force_interactive=None if to_terminal else False,
        )
        self.to_terminal = to_terminal

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments to print, cleaned except for rich's own control segments."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def stdout() -> Cleaning:
    """A console on stdout, for results; at least `PIPE_WIDTH` wide if it is not a terminal."""
    console = Cleaning()
    if not console.to_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    return console


def stderr() -> Cleaning:
    """A console on stderr, for everything but results."""
    return Cleaning(stderr=True)


def score(value: float | None, label: str | None = None) -> Text:
    """A score with its sign, in the colour of its label; a dash for None."""
    if value is None:
        return Text("–", style="dim")
    return Text(f"{value:+.2f}", style=LABEL_COLOURS.get(label or "", ""))


def utterance_table(utterances: Iterable[Utterance], names: Sequence[str]) -> Fitted:
    """A table with a row per utterance: time, channel, words, sentiment and scores.

    Args:
        utterances: The utterances.
        names: The label of each channel; not shown if there is only one.
    """
    rows = list(utterances)
    labels = [u.fused.label if u.fused else "unclear" for u in rows]
    who = Column("who", [Text(names[u.channel]) for u in rows], wraps="share")
    return Fitted(
        [
            Column(
                "time",
                [Text(f"{clock(u.start)}–{clock(u.end)}") for u in rows],
                short=[Text(clock(u.start)) for u in rows],
            ),
            *([who] if len(names) > 1 else []),
            Column("words", [_words(u) for u in rows], wraps="rest"),
            Column("sentiment", [Text(one, LABEL_COLOURS[one]) for one in labels], spare=1),
            Column(
                "fused",
                [score(u.fused_score, label) for u, label in zip(rows, labels, strict=True)],
                "right",
            ),
            Column("text", [_part(u.text_sentiment) for u in rows], "right", spare=2),
            Column("tone", [_part(u.audio_sentiment) for u in rows], "right", spare=3),
        ]
    )


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


def headline(summary: Summary) -> list[Text]:
    """The sentence or two on what happened, where the server makes them."""
    told = (summary.headline or {}).get("en")
    return [] if told is None else [Text(told, style="bold")]


def alert_line(alert: Alert | FiredAlert) -> Text:
    """One line about an alert: when, how much it matters, which rule, and why."""
    line = Text(f"{clock(alert.t)}  ").append(alert.severity, SEVERITY_COLOURS[alert.severity])
    return line.append(f"  {alert.rule}: {alert.why}")


def channel_names(summary: Summary) -> list[str]:
    """The label of each channel."""
    given = [channel.name for channel in summary.channels]  # None from older servers
    return [channel_label(channel, given) for channel in range(len(given))]


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
