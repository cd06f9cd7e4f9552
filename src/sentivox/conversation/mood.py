"""The mood of a conversation over time: utterance scores, exponentially smoothed.

The mood at a time is the weighted mean of all scores so far. The weight of a score is the duration
of its utterance times exp(-age / TIME_CONSTANT_S), where its age is the time since the utterance
ended. So

- a long utterance counts for more than a "yes", and speech cut in two counts the same as uncut;
- the mood starts at the first score, not at an assumed neutral, and stays between the lowest and
  the highest score;
- after a long silence, the next utterance alone decides the mood.

This is an exponential moving average of an irregular series, normalised by the weights so far.
Pure functions.
"""

import math
from collections.abc import Iterable, Sequence

from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.summary import MoodPoint

TIME_CONSTANT_S = 20.0
"""Seconds until the weight of a score has decayed to 1/e.

In a conversation, a speaker utters two to three seconds of speech every five or six, so about four
utterances determine the mood. One wrong score moves it by a quarter of its error, and a lasting
change shows within half a minute.
"""


def scored(utterances: Iterable[Utterance]) -> list[tuple[Utterance, float]]:
    """The utterances that have a fused score, each with that score, in order of their ends."""
    pairs = [(u, u.fused_score) for u in utterances if u.fused_score is not None]
    return sorted(pairs, key=lambda pair: (pair[0].end, pair[0].channel))


def smooth(pairs: Sequence[tuple[Utterance, float]]) -> list[float]:
    """The mood, -1…1, after each of the scored utterances, given in order of their ends."""
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
    """The mood curve, one point for each scored utterance.

    Args:
        utterances: Utterances of one channel, or of all.
        channel: That channel, or None for all; set in the points.
    """
    pairs = scored(utterances)
    return [
        MoodPoint(t=utterance.end, channel=channel, value=round(value, DIGITS))
        for (utterance, _), value in zip(pairs, smooth(pairs), strict=True)
    ]
