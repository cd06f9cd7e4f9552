"""Turning points of a speaker's mood. Pure functions.

The mood curve is cut into moves between extremes, where an extreme is a point from which the curve
then departs by MOVE or more (a zigzag filter with hysteresis). A move is a turning point only if at
least half of MOVE remains in each of two tests: without the utterance that contributed most to
the move, and without the one that contributed most to reaching the extreme where it began.

So no single utterance makes a turning point. One wrong score or one outburst shifts the curve, and
the way back is a move, too; but without that utterance the curve is level.
"""

from collections.abc import Sequence
from itertools import pairwise

from sentivox.conversation.moments import turn_weight
from sentivox.conversation.mood import scored, smooth
from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.summary import TurningPoint

MOVE = 0.4
"""Smallest change of mood that counts as a move: a fifth of the scale -1…1. In a settled mood, one
utterance of average length with an entirely wrong score moves the curve by less than this."""

Pairs = Sequence[tuple[Utterance, float]]
"""Utterances with their scores, in order of their ends, as `mood.scored` gives them."""


def turning_points(utterances: Sequence[Utterance]) -> list[TurningPoint]:
    """The turning points of one channel's utterances, in order of time."""
    pairs = scored(utterances)
    values = smooth(pairs)
    found = extremes(values)
    return [
        _point(pairs, values, start, stop)
        for first, (start, stop) in zip([0, *found], pairwise(found), strict=False)
        if _lasts(pairs, values, first, start, stop)
    ]


def extremes(values: Sequence[float]) -> list[int]:
    """Indices of the points where successive moves of MOVE or more begin.

    The last index is the furthest point reached by the last move. Empty if no move is that large.
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
    """Whether the move from index `start` to `stop` remains without any single utterance.

    Args:
        pairs: The scored utterances.
        values: The mood after each.
        first: Index where the move before this one began; earlier utterances are ignored.
        start: Index where the move begins.
        stop: Index where it ends.
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
    """Index of the utterance in (start, stop] that moved the mood most; `start` if none.

    `sign` is 1 for moves upwards and -1 for moves downwards.
    """
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
        start=utterance.start,
        weight=turn_weight(before, after, utterance),
    )
