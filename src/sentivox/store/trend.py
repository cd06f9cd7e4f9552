"""Mean mood of sessions by day, by tag or by speaker."""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, func, select

from sentivox.store.filters import SessionFilter
from sentivox.store.names import named_channels, shown_name
from sentivox.store.schema import channel, session, session_tag

By = Literal["day", "tag", "speaker"]
"""What sessions are grouped by."""

MOST_GROUPS: Final = 366
"""Most groups of an answer: a leap year of days."""

_FEWEST: Final = 3
"""Fewest sessions of which an interval is given."""

_NORMAL: Final = 1.959964
"""97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Group:
    """The sessions of a day, with a tag, or with a speaker.

    Attributes:
        key: The day in UTC such as 2026-11-01, the tag, or the speaker's name.
        sessions: Number of sessions with a mean score.
        mean_score: Mean of their mean scores, -1…1; of the speaker's own, by speaker.
        low: Lower end of its 95 % confidence interval; None with fewer than three sessions.
        high: Upper end of it.
    """

    key: str
    sessions: int
    mean_score: float
    low: float | None
    high: float | None


def trend(connection: Connection, wanted: SessionFilter, owner: str | None, by: By) -> list[Group]:
    """The groups of the sessions that are wanted, at most `MOST_GROUPS`.

    Days come in order, the latest ones if there are more; tags and speakers by number of sessions,
    the most frequent first. A session without scores counts nowhere; one with several tags or
    speakers counts for each.

    Args:
        connection: Connection to the database.
        wanted: Which sessions.
        owner: Only sessions of this holder of a token; None for all.
        by: What to group them by.
    """
    scores = _scores(by, connection.dialect.name).where(*wanted.conditions(connection))
    if owner is not None:
        scores = scores.where(session.c.owner == owner)
    each = scores.subquery()
    count = func.count().label("sessions")
    grouped = select(
        each.c.key,
        count,
        func.avg(each.c.score).label("mean"),
        func.avg(each.c.score * each.c.score).label("square"),
    ).group_by(each.c.key)
    order = (each.c.key.desc(),) if by == "day" else (count.desc(), each.c.key)
    rows = connection.execute(grouped.order_by(*order).limit(MOST_GROUPS)).all()
    groups = [_group(row.key, row.sessions, row.mean, row.square) for row in rows]
    return groups[::-1] if by == "day" else groups


def _scores(by: By, dialect: str) -> Select[Any, Any]:
    """`key` and `score` of each session in each of its groups."""
    if by == "speaker":
        return (
            select(shown_name().label("key"), func.avg(channel.c.mean_score).label("score"))
            .select_from(named_channels())
            .join(session, session.c.key == channel.c.session)
            .where(shown_name().is_not(None), channel.c.mean_score.is_not(None))
            .group_by(channel.c.session, shown_name())
        )
    scored = session.c.mean_score.is_not(None)
    if by == "tag":
        return (
            select(session_tag.c.tag.label("key"), session.c.mean_score.label("score"))
            .join(session, session.c.key == session_tag.c.session)
            .where(scored)
        )
    day = (
        func.date(session.c.started)
        if dialect == "sqlite"
        else func.to_char(func.timezone("UTC", session.c.started), "YYYY-MM-DD")
    )
    return select(day.label("key"), session.c.mean_score.label("score")).where(scored)


def _group(key: str, sessions: int, mean: float, square: float) -> Group:
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
