"""A recording's words as subtitles: SubRip (.srt) and WebVTT (.vtt)."""

from collections.abc import Sequence
from html import escape

from sentivox.channels import channel_name
from sentivox.cues import Cue, cues_of
from sentivox.result import Result
from sentivox.stream.events import Utterance


def srt(result: Result, *, sentiment: bool = False) -> str:
    """SubRip: cues with who speaks, where there are several, before the words.

    Args:
        result: Of the recording; with words' times or without.
        sentiment: Say how each utterance is meant, as in "[negative]".
    """
    blocks: list[str] = []
    for utterance, who in _speakers(result):
        name = f"{who}:" if who else ""
        for cue in cues_of(utterance, f"{name} {_mark(utterance, sentiment=sentiment)}", name):
            # Whatever looks like the line of times would be taken for one.
            text = "\n".join(cue.lines).replace("-->", "→")
            blocks.append(f"{len(blocks) + 1}\n{_times(cue, ',')}\n{text}\n")
    return "\n".join(blocks)


def vtt(result: Result, *, sentiment: bool = False) -> str:
    """WebVTT (W3C): the same, with who speaks as the cue's voice.

    Args:
        result: Of the recording; with words' times or without.
        sentiment: Say how each utterance is meant, as in "[negative]".
    """
    blocks = ["WEBVTT\n"]
    for utterance, who in _speakers(result):
        voice = f"<v {escape(who, quote=False)}>" if who else ""
        for cue in cues_of(utterance, _mark(utterance, sentiment=sentiment)):
            text = escape("\n".join(cue.lines), quote=False)
            blocks.append(f"{_times(cue, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def _speakers(result: Result) -> Sequence[tuple[Utterance, str]]:
    """Utterances in the order of time, each with who speaks: empty where there is one."""
    several = len(result.channels) > 1

    def who(utterance: Utterance) -> str:
        name = channel_name(utterance.channel).capitalize() if several else ""
        return " ".join((utterance.speaker or name).split())

    return [(utterance, who(utterance)) for utterance in result.utterances]


def _mark(utterance: Utterance, *, sentiment: bool) -> str:
    return f"[{utterance.fused.label}]" if sentiment and utterance.fused else ""


def _times(cue: Cue, point: str) -> str:
    return f"{_time(cue.start, point)} --> {_time(cue.end, point)}"


def _time(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    whole, rest = divmod(milliseconds, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{point}{rest:03d}"
