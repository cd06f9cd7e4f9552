"""Splits utterances into subtitle cues that can be read while they are spoken."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from rich.cells import cell_len

from sentivox.protocol.events import Utterance
from sentivox.protocol.words import with_preceding_text

LINE: Final = 42
"""Maximum width of a line, in columns; a Chinese character takes two."""

MAX_CUE_LINES: Final = 2  # most lines of a cue

PAUSE_S: Final = 0.8  # a cue ends at a pause longer than this
LONGEST_S: Final = 7.0  # longest duration of a cue, in seconds
MIN_CUE_S: Final = 1.0  # shortest duration of a cue, in seconds, unless the next one begins sooner

_ENDS: Final = re.compile(r"[.!?。！？…][\"'”’)]*$")


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of text shown from `start` to `end`, in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bit:
    """Text that is not split; `spaced` puts a space before it. Times are in seconds."""

    text: str
    start: float
    end: float
    spaced: bool = True


def cues_of(
    utterance: Utterance, opening: str = "", again: str = "", *, until: float = inf
) -> list[Cue]:
    """Split an utterance into cues; none if it has no words.

    The cues follow the times of the words. If those are unknown, they are estimated from the
    lengths of the words.

    Args:
        utterance: The utterance, with or without `words`.
        opening: Text before the words of the first cue.
        again: Text before the words of each further cue.
        until: Start of the channel's next utterance, in seconds.
    """
    bits = [part for bit in _bits(utterance) for part in _fitting(bit)]
    shown: list[tuple[list[_Bit], tuple[str, ...]]] = []
    prefix = opening
    while bits:
        count, lines = _fill(bits, prefix)
        shown.append((bits[:count], lines))
        bits, prefix = bits[count:], again
    cues = [Cue(taken[0].start, taken[-1].end, lines) for taken, lines in shown]
    following = [*(cue.start for cue in cues[1:]), until]
    return [_lasting(cue, start) for cue, start in zip(cues, following, strict=False)]


def _bits(utterance: Utterance) -> list[_Bit]:
    found = with_preceding_text(utterance.transcript or "", utterance.words or ())
    bits = [_Bit(word.word, word.start, word.end, spaced=bool(gap)) for gap, word in found]
    return bits or _shared(utterance)


def _shared(utterance: Utterance) -> list[_Bit]:
    """The words of the transcript, with times estimated from their lengths."""
    words = (utterance.transcript or "").split()
    whole = max(1, sum(cell_len(word) for word in words))
    span, said = utterance.end - utterance.start, 0
    bits: list[_Bit] = []
    for word in words:
        start = utterance.start + span * said / whole
        said += cell_len(word)
        bits.append(_Bit(word, start, utterance.start + span * said / whole))
    return bits


def _fitting(bit: _Bit) -> Iterator[_Bit]:
    """Split a bit that is longer than a line into pieces."""
    parts: list[str] = [""]
    for letter in bit.text:
        if cell_len(parts[-1] + letter) > LINE:
            parts.append("")
        parts[-1] += letter
    step = (bit.end - bit.start) / len(parts)
    for i, part in enumerate(parts):
        start = bit.start + i * step
        yield _Bit(part, start, start + step, spaced=bit.spaced and i == 0)


def _fill(bits: Sequence[_Bit], prefix: str) -> tuple[int, tuple[str, ...]]:
    """The number of bits that fit the next cue, and its lines."""
    lines = _wrapped(prefix)
    count = 0
    for bit in bits:
        if count and _breaks(bits[0], bits[count - 1], bit, full=len(lines) == MAX_CUE_LINES):
            break
        apart = lines[-1] and (bit.spaced or not count)
        joined = f"{lines[-1]}{' ' if apart else ''}{bit.text}"
        if cell_len(joined) <= LINE:
            lines[-1] = joined
        elif len(lines) < MAX_CUE_LINES:
            lines.append(bit.text)
        else:
            break
        count += 1
    return count, tuple(line for line in lines if line)


def _wrapped(prefix: str) -> list[str]:
    """The first line, holding the prefix, cut to the width of a line."""
    words = prefix.split()
    while words and cell_len(" ".join(words)) > LINE:
        words.pop()
    return [" ".join(words)]


def _breaks(first: _Bit, before: _Bit, bit: _Bit, *, full: bool) -> bool:
    """Whether a new cue begins with `bit` although it would fit the current one."""
    return (
        bit.start - before.end > PAUSE_S
        or bit.end - first.start > LONGEST_S
        or (full and _ENDS.search(before.text) is not None)
    )


def _lasting(cue: Cue, following: float) -> Cue:
    """The cue, extended to MIN_CUE_S unless the next one begins sooner, at `following` seconds."""
    return replace(cue, end=max(cue.end, min(cue.start + MIN_CUE_S, following)))
