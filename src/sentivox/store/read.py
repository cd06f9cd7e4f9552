"""Reads sessions: a page of a list, or all of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, func, select

from sentivox.conversation.escalation import Escalation
from sentivox.protocol.events import Alert, Begin, Utterance
from sentivox.protocol.labels import tendency
from sentivox.protocol.sentiment import Label
from sentivox.store import fitted
from sentivox.store.filters import Cursor, SessionFilter
from sentivox.store.names import (
    Named,
    all_named,
    given_names,
    named_channels,
    renamed,
    shown_name,
)
from sentivox.store.schema import alert, channel, correction, session, session_tag, utterance


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list.

    Attributes:
        id: Its id.
        owner: Name of the token's holder; "" where no token was needed.
        source: "stream", "upload" or "recording".
        name: Name of the recording, if it is one.
        started: When it began.
        ended: When it ended; None while it is open, or if its server died.
        outcome: Why it ended.
        duration: Seconds of audio; None while it is open.
        utterances: Number of utterances.
        mean_score: Mean score, weighted by duration, -1…1; None without any.
        tendency: The label of that score: "negative", "neutral" or "positive"; "unclear" without.
        mood: Up to 32 values of the mood, for a sparkline.
        profile: Profile of the models.
        tags: What it is called by, in alphabetical order.
        speakers: Names of its channels.
        alerts: Number of alerts.
        note: A person's note.
        headline: What happened, in a sentence or two, by language; None while it is open, or if its
            server died.
    """

    id: str
    owner: str
    source: str
    name: str | None
    started: datetime
    ended: datetime | None
    outcome: str | None
    duration: float | None
    utterances: int
    mean_score: float | None
    tendency: Label
    mood: list[float]
    profile: str
    tags: list[str]
    speakers: list[str]
    alerts: int
    note: str | None
    headline: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's label for an utterance."""

    channel: int
    utterance_id: int
    label: str
    author: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one session.

    Attributes:
        listed: As in a list.
        begin: Its Begin message; None if the server died before that was written.
        utterances: The latest revision of each utterance, by start, with the names of speakers that
            people gave.
        tone: Windows of live tone, packed by `store.tone`, by channel and utterance id.
        alerts: Its alerts, in order.
        corrections: People's labels.
        names: Its channels and the speakers told apart in them, and what they are called.
        escalation: The weights that the store holds; None if it holds none.
    """

    listed: Listed
    begin: Begin | None
    utterances: list[Utterance]
    tone: dict[tuple[int, int], bytes]
    alerts: list[Alert]
    corrections: list[Correction]
    names: list[Named] = field(default_factory=list["Named"])
    escalation: Escalation | None = None


def page(
    connection: Connection,
    wanted: SessionFilter,
    owner: str | None,
    *,
    limit: int,
    after: Cursor | None = None,
) -> tuple[list[Listed], Cursor | None]:
    """A page of sessions, newest first, and the cursor of the next page, if there is one.

    Args:
        connection: Connection to the database.
        wanted: Which sessions to list.
        owner: Only sessions of this holder of a token; None for all.
        limit: Most sessions of the page.
        after: The last session of the page before.
    """
    chosen = _of(owner).where(*wanted.conditions(connection))
    if after is not None:
        chosen = chosen.where(after.condition())
    newest_first = chosen.order_by(session.c.started.desc(), session.c.key.desc())
    rows = connection.execute(newest_first.limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = Cursor(rows[-1].started, rows[-1].key) if more else None
    return _listed(connection, rows), cursor


def size(connection: Connection) -> tuple[int, int]:
    """The number of sessions and of utterances."""
    counts = (select(func.count()).select_from(table) for table in (session, utterance))
    sessions, utterances = (connection.execute(count).scalar_one() for count in counts)
    return sessions, utterances


def find(connection: Connection, session_id: str, owner: str | None) -> int | None:
    """The key of a session, if there is one that this holder may see; None for all holders."""
    return connection.execute(
        _of(owner).with_only_columns(session.c.key).where(session.c.id == session_id)
    ).scalar()


def kept(connection: Connection, key: int) -> Kept:
    """All that is kept of the session with this key, which must exist."""
    row = connection.execute(select(session).where(session.c.key == key)).one()
    (listed,) = _listed(connection, [row])
    said = connection.execute(
        select(utterance)
        .where(utterance.c.session == key)
        .order_by(utterance.c.start, utterance.c.channel)
    ).all()
    begin = None if row.begin is None else msgspec.json.decode(row.begin, type=Begin)
    utterances = [_utterance(one, listed.id) for one in said]
    given = given_names(connection, key)
    return Kept(
        listed=listed,
        begin=begin,
        utterances=renamed(utterances, given),
        tone={(one.channel, one.utterance_id): one.tone for one in said if one.tone},
        alerts=[msgspec.json.decode(data, type=Alert) for data in _alerts(connection, key)],
        corrections=[
            Correction(one.channel, one.utterance_id, one.label, one.author, one.made)
            for one in connection.execute(select(correction).where(correction.c.session == key))
        ],
        names=all_named(begin, utterances, given),
        escalation=fitted.escalation(connection),
    )


def _of(owner: str | None) -> Select[Any]:
    chosen = select(session)
    return chosen if owner is None else chosen.where(session.c.owner == owner)


def _utterance(row: Row[Any], session_id: str) -> Utterance:
    said = msgspec.json.decode(row.data, type=Utterance)
    return replace(said, session_id=session_id, transcript=row.transcript)


def _alerts(connection: Connection, key: int) -> Iterable[str]:
    of_session = select(alert.c.data).where(alert.c.session == key).order_by(alert.c.seq)
    return connection.execute(of_session).scalars()


def _listed(connection: Connection, rows: Sequence[Row[Any]]) -> list[Listed]:
    keys = [row.key for row in rows]
    tags = _lists(
        connection,
        select(session_tag.c.session, session_tag.c.tag)
        .where(session_tag.c.session.in_(keys))
        .order_by(session_tag.c.tag),
    )
    names = _lists(
        connection,
        select(channel.c.session, shown_name())
        .select_from(named_channels())
        .where(channel.c.session.in_(keys))
        .order_by(channel.c.channel),
    )
    rules = _lists(
        connection, select(alert.c.session, alert.c.rule).where(alert.c.session.in_(keys))
    )
    return [
        Listed(
            id=row.id,
            owner=row.owner,
            source=row.source,
            name=row.name,
            started=row.started,
            ended=row.ended,
            outcome=row.outcome,
            duration=row.duration,
            utterances=row.utterances,
            mean_score=None if row.mean_score is None else round(row.mean_score, 4),
            tendency=tendency(row.mean_score),
            mood=[] if row.mood is None else msgspec.json.decode(row.mood, type=list[float]),
            profile=row.profile,
            tags=tags.get(row.key, []),
            speakers=names.get(row.key, []),
            alerts=len(rules.get(row.key, [])),
            note=row.note,
            headline=None
            if row.headline is None
            else msgspec.json.decode(row.headline, type=dict[str, str]),
        )
        for row in rows
    ]


def _lists(connection: Connection, chosen: Select[Any, Any]) -> dict[int, list[str]]:
    """The values that a query finds for each session, in its order."""
    found: dict[int, list[str]] = {}
    for key, value in connection.execute(chosen):
        found.setdefault(key, []).append(value)
    return found
