"""How the mood went: utterances' scores, exponentially smoothed on the clock of the call.

The mood at a time is the mean of all scores so far, each weighted by how long its utterance
lasted and by exp(-age / TIME_CONSTANT_S), with its age counted from its end. So

- a long utterance counts for more than a "yes", and talk that is cut in two counts the same;
- the mood starts at the first score, not at a neutral that nobody measured, and stays between
  the lowest and the highest score;
- after a long silence the next utterance says what the mood is.

That is an exponential moving average of an irregular series, normalised by the weights so far.
Pure functions.
"""

import math
from collections.abc import Iterable, Sequence

from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.summary import MoodPoint

TIME_CONSTANT_S = 20.0
"""Seconds until a score counts for 1/e.

A speaker of a conversation says something of two to three seconds every five or six: so about
four utterances bear the mood. One that is misheard moves it by a quarter of its error, and a
change that lasts shows within half a minute.
"""


def scored(utterances: Iterable[Utterance]) -> list[tuple[Utterance, float]]:
    """Those that have a score, with it, in the order of their ends."""
    pairs = [(u, u.fused_score) for u in utterances if u.fused_score is not None]
    return sorted(pairs, key=lambda pair: (pair[0].end, pair[0].channel))


def smooth(pairs: Sequence[tuple[Utterance, float]]) -> list[float]:
    """The mood after each of these utterances, which come in the order of their ends."""
    values: list[float] = []
    total = weight = 0.0
    before = -math.inf
    for utterance, score in pairs:
        kept = math.exp((before - utterance.end) / TIME_CONSTANT_S)
        seconds = utterance.end - utterance.start
        total = total * kept + score * seconds
        weight = weight * kept + seconds
        before = utterance.end
        values.append(total / weight)
    return values


def curve(utterances: Iterable[Utterance], channel: int | None) -> list[MoodPoint]:
    """The mood as points of a summary.

    Args:
        utterances: Of one channel, or of all.
        channel: That channel, or None for all.
    """
    pairs = scored(utterances)
    return [
        MoodPoint(t=utterance.end, channel=channel, value=round(value, DIGITS))
        for (utterance, _), value in zip(pairs, smooth(pairs), strict=True)
    ]
