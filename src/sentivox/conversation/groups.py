"""Mean scores of groups of conversations, such as those of a day, with their intervals.

Pure functions: the store groups by SQL, a report in memory, and both give the sums to `group_of`.
"""

import math
from dataclasses import dataclass
from typing import Final

_FEWEST: Final = 3
"""Fewest conversations of which an interval is given."""

_NORMAL: Final = 1.959964
"""97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Group:
    """The conversations of a day, with a tag, with a speaker, or in a folder.

    Attributes:
        key: The day such as 2026-11-01, the tag, the speaker's name, or the folder.
        sessions: Number of conversations with a mean score.
        mean_score: Mean of their mean scores, -1…1; of the speaker's own, by speaker.
        low: Lower end of its 95 % confidence interval; None with fewer than three conversations.
        high: Upper end of it.
    """

    key: str
    sessions: int
    mean_score: float
    low: float | None
    high: float | None


def group_of(key: str, sessions: int, mean: float, square: float) -> Group:
    """A group, from the mean of its mean scores and the mean of their squares.

    Args:
        key: What its conversations have in common.
        sessions: Number of conversations, at least 1.
        mean: Mean of their mean scores, -1…1.
        square: Mean of the squares of these.
    """
    low = high = None
    if sessions >= _FEWEST:
        variance = max(0.0, square - mean * mean) * sessions / (sessions - 1)
        margin = quantile(sessions - 1) * math.sqrt(variance / sessions)
        low, high = (round(min(1.0, max(-1.0, mean + side * margin)), 4) for side in (-1, 1))
    return Group(key, sessions, round(mean, 4), low, high)


def quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t distribution, within 0.8 % for 2 degrees of freedom.

    The expansion in the normal quantile by Fisher and Cornish (1960, Technometrics 2:2).

    Args:
        freedom: Degrees of freedom, at least 2.
    """
    z = _NORMAL
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
