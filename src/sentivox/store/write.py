"""Applies changes to the tables: in any order, and any number of times, with the same result."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Table, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from sentivox.protocol.events import Alert, Utterance
from sentivox.store import search
from sentivox.store.inserting import insert
from sentivox.store.records import AnyChange, Began, Ended, Fired, Owed, Said, sparkline
from sentivox.store.retelling import retell_named
from sentivox.store.schema import alert, channel, delivery, session, session_tag, utterance
from sentivox.webhooks.delivery import Delivery

Row = dict[str, Any]


def apply(connection: Connection, changes: Sequence[AnyChange]) -> None:
    """Apply changes in the connection's transaction."""
    keys = _keys(connection, changes)
    for change in changes:
        match change:
            case Began():
                _began(connection, keys[change.session_id], change)
            case Ended():
                _ended(connection, keys[change.session_id], change)
            case Fired():
                _fired(connection, keys[change.session_id], change.alert)
            case Owed():
                connection.execute(
                    insert(connection, delivery).on_conflict_do_nothing(),
                    [delivery_row(change.delivery)],
                )
            case Said():
                pass
    _said(connection, keys, [change for change in changes if isinstance(change, Said)])
    over = {keys[change.session_id] for change in changes if isinstance(change, Ended)}
    retell_named(connection, over)  # the change tells of those who speak by the recorded names


def when(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def delivery_row(one: Delivery) -> Row:
    """The row of a webhook's delivery."""
    return {
        "id": one.id,
        "endpoint": one.endpoint,
        "event_type": one.event_type,
        "session_id": one.session_id,
        "body": one.body,
        "created": when(one.created),
        "attempts": one.attempts,
        "next_at": when(one.next_at),
        "status": one.status,
        "last_status": one.last_status,
        "last_error": one.last_error,
    }


def _keys(connection: Connection, changes: Iterable[AnyChange]) -> dict[str, int]:
    """The key of each session; one that is not known gets a row that its Began will complete."""
    ids = {change.session_id for change in changes}
    known = _known(connection, ids)
    if unknown := sorted(ids - known.keys()):
        rows: list[Row] = [{"id": i, "source": "stream", "started": when(0)} for i in unknown]
        connection.execute(insert(connection, session).on_conflict_do_nothing(), rows)
        known |= _known(connection, unknown)
    return known


def _known(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    found = connection.execute(select(session.c.id, session.c.key).where(session.c.id.in_(ids)))
    return {row.id: row.key for row in found}


def _began(connection: Connection, key: int, began: Began) -> None:
    connection.execute(
        update(session)
        .where(session.c.key == key)
        .values(
            owner=began.owner,
            source=began.source,
            name=began.name,
            started=when(began.at),
            profile=began.begin.profile,
            version=began.version,
            begin=msgspec.json.encode(began.begin).decode(),
        )
    )
    if began.tags:
        rows = [{"session": key, "tag": tag} for tag in dict.fromkeys(began.tags)]
        connection.execute(insert(connection, session_tag).on_conflict_do_nothing(), rows)


def _ended(connection: Connection, key: int, ended: Ended) -> None:
    connection.execute(
        update(session)
        .where(session.c.key == key)
        .values(
            ended=when(ended.at),
            outcome=ended.outcome,
            duration=ended.duration,
            mood=msgspec.json.encode(sparkline(ended.mood)).decode(),
            headline=None
            if ended.headline is None
            else msgspec.json.encode(ended.headline).decode(),
        )
    )
    if ended.channels:
        rows: list[Row] = [
            {
                "session": key,
                "channel": each.channel,
                "name": each.name,
                "role": each.role,
                "mean_score": each.mean_score,
                "talk_seconds": each.talk_seconds,
                "talk_ratio": each.talk_ratio,
                "figures": msgspec.json.encode(each).decode(),
            }
            for each in ended.channels
        ]
        connection.execute(_upsert(connection, channel, ("session", "channel")), rows)


def _fired(connection: Connection, key: int, fired: Alert) -> None:
    row: Row = {
        "session": key,
        "seq": fired.seq,
        "rule": fired.rule,
        "severity": fired.severity,
        "channel": fired.channel,
        "t": fired.t,
        "data": msgspec.json.encode(fired).decode(),
    }
    connection.execute(insert(connection, alert).on_conflict_do_nothing(), row)


def _said(connection: Connection, keys: dict[str, int], changes: Sequence[Said]) -> None:
    latest: dict[tuple[int, int, int], Said] = {}
    for change in changes:
        said = change.utterance
        place = (keys[change.session_id], said.channel, said.utterance_id)
        if place not in latest or latest[place].utterance.revision <= said.revision:
            latest[place] = change
    if not latest:
        return
    place = (utterance.c.session, utterance.c.channel, utterance.c.utterance_id)
    held = {
        (row.session, row.channel, row.utterance_id): row.revision
        for row in connection.execute(
            select(*place, utterance.c.revision).where(tuple_(*place).in_(list(latest)))
        )
    }
    newer = {at: c for at, c in latest.items() if held.get(at, -1) < c.utterance.revision}
    if not newer:
        return
    connection.execute(
        _upsert(connection, utterance, ("session", "channel", "utterance_id")),
        [_row(at[0], change) for at, change in newer.items()],
    )
    stored = connection.execute(
        select(utterance.c.key, utterance.c.transcript).where(tuple_(*place).in_(list(newer)))
    )
    search.index(connection, {row.key: row.transcript for row in stored})
    _count(connection, {at[0] for at in newer})


def _upsert(
    connection: Connection, table: Table, place: tuple[str, ...]
) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that replaces the row at the same place."""
    statement = insert(connection, table)
    changed = {
        c.name: statement.excluded[c.name]
        for c in table.columns
        if c.name not in place and not c.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(place), set_=changed)


def _row(key: int, change: Said) -> Row:
    said = change.utterance
    fused, tone = said.fused, said.audio_sentiment
    return {
        "session": key,
        "channel": said.channel,
        "utterance_id": said.utterance_id,
        "revision": said.revision,
        "final": said.final,
        "start": said.start,
        "end": said.end,
        "language": said.language,
        "speaker": said.speaker,
        "label": None if fused is None else fused.label,
        "score": said.fused_score,
        "confidence": None if fused is None else fused.confidence,
        "emotion": None if tone is None else max(tone.emotions, key=tone.emotions.__getitem__),
        "transcript": _printable(said.transcript),
        "data": _data(said),
        "tone": change.tone or None,
    }


def _data(said: Utterance) -> str:
    """The message without what other columns hold."""
    return msgspec.json.encode(replace(said, session_id="", transcript=None)).decode()


def _printable(transcript: str | None) -> str | None:
    """The transcript without the character NUL, which PostgreSQL cannot hold."""
    return None if transcript is None else transcript.replace("\x00", "")


def _count(connection: Connection, keys: set[int]) -> None:
    """Bring the figures of sessions up to date with their utterances."""
    seconds = utterance.c.end - utterance.c.start
    scored = utterance.c.score.is_not(None)
    mean = func.sum(utterance.c.score * seconds) / func.nullif(
        func.sum(seconds).filter(scored), 0.0
    )
    own = utterance.c.session == session.c.key
    connection.execute(
        update(session)
        .where(session.c.key.in_(keys))
        .values(
            utterances=select(func.count()).where(own).scalar_subquery(),
            mean_score=select(mean).where(own).scalar_subquery(),
        )
    )
