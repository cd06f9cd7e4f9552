"""Where a speaker's mood turned. Pure functions.

The mood's curve is cut into moves between extremes: an extreme is where the curve then came away
by MOVE or more (a zigzag, or hysteresis, as in the counting of a load's reversals). A move is a
turning point if half of MOVE remains of it when the utterance is left out that moved the mood
most, and also when the one is left out that had brought it to the extreme where the move began.

So no single utterance makes a turning point. A misheard word or one outburst shifts the curve,
and the curve's way back is a move too; but what is left without that utterance is level.
"""

from collections.abc import Sequence
from itertools import pairwise

from sentivox.conversation.mood import scored, smooth
from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.summary import TurningPoint

MOVE = 0.4
"""A fifth of the scale -1…1. In a settled mood one utterance of average length that is judged
wholly the wrong way moves the curve by less than this."""

Pairs = Sequence[tuple[Utterance, float]]


def turning_points(utterances: Sequence[Utterance]) -> list[TurningPoint]:
    """The turning points of one channel's utterances, in the order of time."""
    pairs = scored(utterances)
    values = smooth(pairs)
    found = extremes(values)
    return [
        _point(pairs, values, start, stop)
        for first, (start, stop) in zip([0, *found], pairwise(found), strict=False)
        if _lasts(pairs, values, first, start, stop)
    ]


def extremes(values: Sequence[float]) -> list[int]:
    """Where successive moves of MOVE or more begin, and where the last of them has got to.

    Empty where the curve never moves so far.
    """
    found: list[int] = []
    low = high = sign = 0
    for i, value in enumerate(values):
        if value > values[high]:
            high = i
        if value < values[low]:
            low = i
        if sign >= 0 and values[high] - value >= MOVE:
            found.append(high)
            sign, low = -1, i
        elif sign <= 0 and value - values[low] >= MOVE:
            found.append(low)
            sign, high = 1, i
    if found:
        found.append(high if sign > 0 else low)
    return found


def _lasts(pairs: Pairs, values: Sequence[float], first: int, start: int, stop: int) -> bool:
    """Whether no single utterance made the move from `start` to `stop`.

    `first` is where the move before it began; what was said earlier is not looked at.
    """
    sign = 1 if values[stop] > values[start] else -1
    culprits = (_mover(values, first, start, -sign), _mover(values, start, stop, sign))
    for culprit in culprits:
        rest = smooth([pairs[i] for i in range(first, stop + 1) if i != culprit])
        then = rest[start - first - (culprit < start)]
        if sign * (rest[-1] - then) < MOVE / 2:
            return False
    return True


def _mover(values: Sequence[float], start: int, stop: int, sign: int) -> int:
    """The utterance after `start`, up to `stop`, that moved the mood most; `start` if none."""
    return max(
        range(start + 1, stop + 1),
        key=lambda i: sign * (values[i] - values[i - 1]),
        default=start,
    )


def _point(pairs: Pairs, values: Sequence[float], start: int, stop: int) -> TurningPoint:
    before, after = values[start], values[stop]
    better = after > before
    half = (before + after) / 2
    at = next(i for i in range(start + 1, stop + 1) if (values[i] >= half) == better)
    utterance, _ = pairs[at]
    return TurningPoint(
        t=utterance.end,
        channel=utterance.channel,
        utterance_id=utterance.utterance_id,
        direction="better" if better else "worse",
        before=round(before, DIGITS),
        after=round(after, DIGITS),
        transcript=utterance.transcript,
    )
