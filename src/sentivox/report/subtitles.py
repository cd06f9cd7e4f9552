"""A recording's words as subtitles: SubRip (.srt) and WebVTT (.vtt)."""

from collections.abc import Callable
from html import escape
from math import inf

from sentivox.protocol.events import Utterance
from sentivox.report.cues import Cue, cues_of
from sentivox.report.document import Document
from sentivox.wording.channels import channel_name


def srt(result: Document, *, sentiment: bool = False) -> str:
    """SubRip: cues with who speaks, where there are several, before the words.

    Args:
        result: Of the recording; with words' times or without.
        sentiment: Say how each utterance is meant, as in "[negative]".
    """

    def cues(utterance: Utterance, who: str, until: float) -> list[Cue]:
        name = f"{who}:" if who else ""
        opening = f"{name} {_mark(utterance, sentiment=sentiment)}"
        return cues_of(utterance, opening, name, until=until)

    blocks: list[str] = []
    for cue, _ in _in_order(result, cues):
        # Whatever looks like the line of times would be taken for one.
        text = "\n".join(cue.lines).replace("-->", "→")
        blocks.append(f"{len(blocks) + 1}\n{_times(cue, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(result: Document, *, sentiment: bool = False) -> str:
    """WebVTT (W3C): the same, with who speaks as the cue's voice.

    Args:
        result: Of the recording; with words' times or without.
        sentiment: Say how each utterance is meant, as in "[negative]".
    """

    def cues(utterance: Utterance, _who: str, until: float) -> list[Cue]:
        return cues_of(utterance, _mark(utterance, sentiment=sentiment), until=until)

    blocks = ["WEBVTT\n"]
    for cue, who in _in_order(result, cues):
        voice = f"<v {escape(who, quote=False)}>" if who else ""
        text = escape("\n".join(cue.lines), quote=False)
        blocks.append(f"{_times(cue, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def _in_order(
    result: Document, cues: Callable[[Utterance, str, float], list[Cue]]
) -> list[tuple[Cue, str]]:
    """All cues by their starts, as WebVTT wants them, each with who speaks.

    Args:
        result: Of the recording.
        cues: Makes those of an utterance from it, who speaks (empty where there is one speaker),
            and when the channel's next utterance begins, in seconds.
    """
    several = len(result.channels) > 1
    found: list[tuple[Cue, str]] = []
    begins: dict[int, float] = {}
    for utterance in reversed(result.utterances):
        name = channel_name(utterance.channel).capitalize() if several else ""
        who = " ".join((utterance.speaker or name).split())
        until = begins.get(utterance.channel, inf)
        found += [(cue, who) for cue in cues(utterance, who, until)]
        begins[utterance.channel] = utterance.start
    return sorted(found, key=lambda one: (one[0].start, one[1]))


def _mark(utterance: Utterance, *, sentiment: bool) -> str:
    return f"[{utterance.fused.label}]" if sentiment and utterance.fused else ""


def _times(cue: Cue, point: str) -> str:
    return f"{_time(cue.start, point)} --> {_time(cue.end, point)}"


def _time(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, rest = divmod(milliseconds, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{point}{rest:03d}"
