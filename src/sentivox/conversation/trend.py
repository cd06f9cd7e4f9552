"""Trend of a conversation: the slope of a line through the scores. Pure functions."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.protocol.summary import ChannelSummary

LEAST_MINUTES: Final = 2.0
"""Shortest time between the first and the last utterance that has a trend."""

LEAST_UTTERANCES: Final = 3
"""Fewest utterances that have a trend: two always lie on a line, without any error."""

TREND_TALK_S: Final = 60.0
"""Least speech, in seconds, over which a trend is shown to people."""


def telling(figures: ChannelSummary) -> bool:
    """Whether a trend is worth showing: larger than twice its error, over a minute of speech.

    Files and messages have every trend, with its error. `server/static/story.js` does the same.
    """
    slope, error = figures.trend, figures.trend_error or 0.0
    return slope is not None and abs(slope) > 2 * error and figures.talk_seconds >= TREND_TALK_S


def trend(pairs: Sequence[tuple[Utterance, float]]) -> tuple[float | None, float | None]:
    """The slope of a least-squares line through the scores, and its standard error, a minute.

    An utterance's score counts at its middle. The slope is limited to 2 over the minutes between
    the first and the last, so that the line stays within the scale over that time.

    Args:
        pairs: Utterances with their scores, -1…1, in any order.

    Returns:
        Slope and error; None for both with too few utterances or too short a time.
    """
    minutes = np.array([(u.start + u.end) / 120 for u, _ in pairs])
    if len(pairs) < LEAST_UTTERANCES or float(np.ptp(minutes)) < LEAST_MINUTES:
        return None, None
    scores = np.array([score for _, score in pairs])
    centred = minutes - minutes.mean()
    spread = float(centred @ centred)
    slope = float(centred @ scores) / spread
    rest = scores - scores.mean() - slope * centred
    error = float(np.sqrt(rest @ rest / (len(pairs) - 2) / spread))
    steepest = 2 / float(np.ptp(minutes))
    return round(min(max(slope, -steepest), steepest), DIGITS), round(error, DIGITS)
