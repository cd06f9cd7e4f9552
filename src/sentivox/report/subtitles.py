"""Transcripts as subtitles: SubRip (.srt) and WebVTT (.vtt)."""

from collections.abc import Callable
from html import escape
from math import inf

from sentivox.protocol.events import Utterance
from sentivox.report.cues import Cue, cues_of
from sentivox.report.document import Document
from sentivox.wording.channels import heading


def srt(result: Document, *, sentiment: bool = False) -> str:
    """Write subtitles as SubRip, with the speaker before the words if there are several channels.

    Args:
        result: The results of a recording, with or without word times.
        sentiment: Put the label of each utterance before its words, as in "[negative]".
    """

    def cues(utterance: Utterance, who: str, until: float) -> list[Cue]:
        name = f"{who}:" if who else ""
        opening = f"{name} {_mark(utterance, sentiment=sentiment)}"
        return cues_of(utterance, opening, name, until=until)

    blocks: list[str] = []
    for cue, _ in _in_order(result, cues):
        # Players would take "-->" in the text for a line of times.
        text = "\n".join(cue.lines).replace("-->", "→")
        blocks.append(f"{len(blocks) + 1}\n{_times(cue, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(result: Document, *, sentiment: bool = False) -> str:
    """Write subtitles as WebVTT (W3C), with the speaker as the cue's voice.

    Args:
        result: The results of a recording, with or without word times.
        sentiment: Put the label of each utterance before its words, as in "[negative]".
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
    """All cues ordered by start time, as WebVTT requires, each with the name of its speaker.

    Args:
        result: The results of a recording.
        cues: Makes the cues of an utterance, given the name of its speaker (empty if there is only
            one) and the start of the channel's next utterance, in seconds.
    """
    several = len(result.channels) > 1
    names = [heading(name) if several else "" for name in result.names]
    found: list[tuple[Cue, str]] = []
    begins: dict[int, float] = {}
    for utterance in reversed(result.utterances):
        who = " ".join((utterance.speaker or names[utterance.channel]).split())
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
