"""Sentiment at the start and at the end of a conversation. Pure functions.

The start is the first third of the time between the first utterance and the last, of all channels,
and the end is the last third. An utterance counts for as long as it lies in the third, so speech
cut in two counts the same as uncut.
"""

from collections.abc import Sequence

from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS

Pairs = Sequence[tuple[Utterance, float]]
"""Utterances with their scores."""


def thirds(utterances: Sequence[Utterance]) -> tuple[float, float]:
    """Where the first third of a conversation ends, and where the last begins, in seconds."""
    start = min((u.start for u in utterances), default=0.0)
    end = max((u.end for u in utterances), default=0.0)
    return start + (end - start) / 3, end - (end - start) / 3


def start_and_end(
    pairs: Pairs, bounds: tuple[float, float]
) -> tuple[float | None, float | None, float | None]:
    """The mean scores in the first and in the last third, and the second less the first.

    Args:
        pairs: Utterances with their scores, -1…1, in any order.
        bounds: Where the thirds end and begin, as `thirds` gives them.

    Returns:
        Start, end and shift; None for a third without any score, and a shift of None then.
    """
    first, last = bounds
    start = _mean([(min(u.end, first) - u.start, score) for u, score in pairs])
    end = _mean([(u.end - max(u.start, last), score) for u, score in pairs])
    shift = None if start is None or end is None else round(end - start, DIGITS)
    return start, end, shift


def _mean(weighted: Sequence[tuple[float, float]]) -> float | None:
    """The mean of (seconds, score) pairs; seconds below zero count as none."""
    inside = [(seconds, score) for seconds, score in weighted if seconds > 0]
    total = sum(seconds for seconds, _ in inside)
    if total <= 0:
        return None
    mean = sum(seconds * score for seconds, score in inside) / total
    return round(min(max(mean, -1.0), 1.0), DIGITS)
