"""Mean mood of sessions by day, by tag or by speaker."""

from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, func, select

from sentivox.conversation.groups import Group, group_of
from sentivox.store.filters import SessionFilter
from sentivox.store.names import named_channels, shown_name
from sentivox.store.schema import channel, session, session_tag

By = Literal["day", "tag", "speaker"]
"""What sessions are grouped by."""

MOST_GROUPS: Final = 366
"""Most groups of an answer: a leap year of days."""


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
    groups = [group_of(row.key, row.sessions, row.mean, row.square) for row in rows]
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
