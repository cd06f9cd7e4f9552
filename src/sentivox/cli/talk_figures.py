"""Figures of a conversation between several speakers, as text for people."""

from collections.abc import Callable

from rich.console import RenderableType
from rich.text import Text

from sentivox.cli.output import channel_names
from sentivox.cli.tables import Column, Fitted
from sentivox.protocol.events import Summary
from sentivox.protocol.summary import ChannelSummary
from sentivox.wording.timecode import clock


def talk_figures(summary: Summary) -> list[RenderableType]:
    """A table with a row per speaker, and a line about silence; nothing if only one may talk."""
    people = _people(summary)
    if len(people) < 2:
        return []
    figures = [
        Column(name, [Text(cell(one) or "–") for _, one in people], "right", spare=spare)
        for name, (cell, spare) in _COLUMNS.items()
    ]
    who = Column("who", [Text(name) for name, _ in people], wraps="share")
    return [Fitted([who, *figures]), *_silence(summary), *_escalation(summary)]


def _people(summary: Summary) -> list[tuple[str, ChannelSummary]]:
    """Name and figures of each channel, or of the speakers told apart in it."""
    people: list[tuple[str, ChannelSummary]] = []
    for name, channel in zip(channel_names(summary), summary.channels, strict=True):
        told = [(s.speaker or name, s) for s in summary.speakers if s.channel == channel.channel]
        people += told or [(name, channel)]
    return people


def _silence(summary: Summary) -> list[Text]:
    longest = summary.longest_silence
    if longest is None or summary.silence_ratio is None:
        return []
    share = f"silence: {summary.silence_ratio:.0%} of the time"
    return [Text(f"{share}, the longest {longest.seconds:.1f} s from {clock(longest.start)}")]


def _escalation(summary: Summary) -> list[Text]:
    if summary.escalation is None:
        return []
    return [Text(f"escalation: {summary.escalation:.0%} probable, if it had gone on")]


def _monologue(one: ChannelSummary) -> str | None:
    return None if one.longest_monologue is None else f"{one.longest_monologue.seconds:.1f} s"


def _patience(one: ChannelSummary) -> str | None:
    return None if one.patience is None else f"{one.patience:.1f} s"


def _questions(one: ChannelSummary) -> str | None:
    return None if one.questions is None else str(one.questions)


def _speed(one: ChannelSummary) -> str | None:
    return None if one.words_per_minute is None else f"{one.words_per_minute:.0f}"


def _shift(one: ChannelSummary) -> str | None:
    ends = (one.start_score, one.end_score)
    if ends == (None, None):
        return None
    return " → ".join("–" if score is None else f"{score:+.2f}" for score in ends)


_COLUMNS: dict[str, tuple[Callable[[ChannelSummary], str | None], int]] = {
    "monologue": (_monologue, 3),
    "patience": (_patience, 2),
    "questions": (_questions, 4),
    "words/min": (_speed, 1),
    "start → end": (_shift, 0),
}
"""What each column shows, and when it is left out in a narrow terminal (`Column.spare`): the fields
of `ChannelSummary`, the monologue and shift in short."""
