"""What is left of messages where their words must not be kept, or only in part. Pure functions.

Scores, times and all else stay. Names of channels and of enrolled speakers stay, too: they were
given on purpose.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar, overload

from msgspec.structs import replace

from sentivox.conversation.headline import without_quotations
from sentivox.protocol.events import Alert, Summary, Utterance
from sentivox.protocol.summary import ChannelSummary, Moment, TurningPoint
from sentivox.protocol.words import Word, with_preceding_text
from sentivox.wording.redaction import findings, redacted

Spoken = TypeVar("Spoken", Moment, TurningPoint)
Change = Callable[[str], str | None]

_QUOTED: Final = re.compile("“[^”]*”")


def redacted_utterance(utterance: Utterance) -> Utterance:
    """The utterance with a redacted transcript, and with "" for the words redacted in it.

    If the words do not match the transcript, and in either something is redacted, all of them
    become "".
    """
    text = utterance.transcript
    words = utterance.words
    return replace(
        utterance,
        transcript=None if text is None else redacted(text),
        words=None if words is None else _redacted_words(text or "", words),
    )


def redacted_summary(summary: Summary) -> Summary:
    """The summary with redacted transcripts; what its headline quotes is redacted already."""
    return _with_transcripts(summary, redacted)


def redacted_alert(alert: Alert) -> Alert:
    """The alert with redacted words, of those that it quotes."""
    return replace(alert, why=redacted(alert.why))


def alert_without_text(alert: Alert) -> Alert:
    """The alert with its figures, but without the phrases that it quotes."""
    return replace(alert, why=_QUOTED.sub("“…”", alert.why))


@overload
def without_text(event: Utterance) -> Utterance: ...
@overload
def without_text(event: Summary) -> Summary: ...
def without_text(event: Utterance | Summary) -> Utterance | Summary:
    """The message without transcripts and words; their sentiment stays."""
    if isinstance(event, Utterance):
        return replace(event, transcript=None, words=None)
    told = _with_transcripts(event, lambda _: None)
    return replace(told, headline=without_quotations(told.headline))


def _redacted_words(text: str, words: Sequence[Word]) -> list[Word]:
    found = findings(text)
    kept: list[Word] = []
    end = 0
    for gap, word in with_preceding_text(text, words):
        start = end + len(gap)
        end = start + len(word.word)
        hidden = any(f.start < end and start < f.end for f in found)
        kept.append(replace(word, word="") if hidden else word)
    if kept and not findings(_line(kept)):
        return kept
    if found or findings(_line(words)):
        return [replace(word, word="") for word in words]
    return list(words)


def _line(words: Sequence[Word]) -> str:
    return " ".join(w.word or "|" for w in words)


def _with_transcripts(summary: Summary, change: Change) -> Summary:
    """The summary with all transcripts changed."""
    return replace(
        summary,
        overall=_figures(summary.overall, change),
        channels=[_figures(one, change) for one in summary.channels],
        speakers=[_figures(one, change) for one in summary.speakers],
        turning_points=[_changed(point, change) for point in summary.turning_points],
    )


def _figures(part: ChannelSummary, change: Change) -> ChannelSummary:
    return replace(
        part,
        most_negative=part.most_negative and _changed(part.most_negative, change),
        most_positive=part.most_positive and _changed(part.most_positive, change),
    )


def _changed(point: Spoken, change: Change) -> Spoken:
    words = point.transcript
    return replace(point, transcript=None if words is None else change(words))
