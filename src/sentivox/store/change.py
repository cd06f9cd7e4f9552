"""What people do to stored sessions: tags, notes, labels, and erasing them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from sentivox.store import search
from sentivox.store.inserting import insert
from sentivox.store.names import Named, Place, check_names
from sentivox.store.schema import (
    PARTS,
    correction,
    delivery,
    given_name,
    session,
    session_tag,
    utterance,
)

LONGEST: Final = timedelta(days=1)
"""Longer than any stream; by default the limit is four hours."""


def set_tags(connection: Connection, key: int, tags: Iterable[str]) -> None:
    """Replace the tags of a session."""
    connection.execute(delete(session_tag).where(session_tag.c.session == key))
    if rows := [{"session": key, "tag": tag} for tag in dict.fromkeys(tags)]:
        connection.execute(insert(connection, session_tag), rows)


def set_note(connection: Connection, key: int, note: str | None) -> None:
    """Replace the note of a session."""
    connection.execute(update(session).where(session.c.key == key).values(note=note or None))


def set_names(
    connection: Connection, key: int, names: dict[Place, str], known: Sequence[Named]
) -> None:
    """Give names; an empty one takes a given name back.

    Args:
        connection: Connection to the database.
        key: Key of the session.
        names: The names, which are checked as `channel_names` are.
        known: Whom there is to name in the session.

    Raises:
        StoreError: There is no such channel or speaker, or a name cannot be one.
    """
    stripped = {place: name.strip() for place, name in names.items()}
    check_names(stripped, known)
    for (number, speaker), name in stripped.items():
        connection.execute(
            delete(given_name).where(
                given_name.c.session == key,
                given_name.c.channel == number,
                given_name.c.speaker == (speaker or ""),
            )
        )
        if name:
            row = {"session": key, "channel": number, "speaker": speaker or "", "name": name}
            connection.execute(insert(connection, given_name), row)


def set_label(
    connection: Connection,
    key: int,
    place: tuple[int, int],
    label: str | None,
    author: str,
) -> bool:
    """Set a person's label for an utterance, or take it back.

    Args:
        connection: Connection to the database.
        key: Key of the session.
        place: Channel, from 0, and id of the utterance in it.
        label: The label; None to take it back.
        author: Whose label it is.

    Returns:
        False if there is no such utterance.
    """
    channel, utterance_id = place
    there = select(utterance.c.key).where(
        utterance.c.session == key,
        utterance.c.channel == channel,
        utterance.c.utterance_id == utterance_id,
    )
    if connection.execute(there).first() is None:
        return False
    connection.execute(
        delete(correction).where(
            correction.c.session == key,
            correction.c.channel == channel,
            correction.c.utterance_id == utterance_id,
        )
    )
    if label is not None:
        connection.execute(
            insert(connection, correction),
            {
                "session": key,
                "channel": channel,
                "utterance_id": utterance_id,
                "label": label,
                "author": author,
                "made": datetime.now(UTC),
            },
        )
    return True


def erase(connection: Connection, keys: Sequence[int]) -> list[str]:
    """Erase sessions with all that belongs to them; returns their ids."""
    ids = list(connection.execute(select(session.c.id).where(session.c.key.in_(keys))).scalars())
    said = select(utterance.c.key).where(utterance.c.session.in_(keys))
    search.forget(connection, list(connection.execute(said).scalars()))
    for table in PARTS:
        connection.execute(delete(table).where(table.c.session.in_(keys)))
    connection.execute(delete(delivery).where(delivery.c.session_id.in_(ids)))
    connection.execute(delete(session).where(session.c.key.in_(keys)))
    return ids


def older_than(connection: Connection, before: datetime, most: int) -> list[int]:
    """The keys of at most so many sessions that began before a time, oldest first.

    Sessions that may still be open are left out.
    """
    return list(
        connection.execute(
            select(session.c.key)
            .where(session.c.started < before, _over())
            .order_by(session.c.started)
            .limit(most)
        ).scalars()
    )


def tagged(connection: Connection, tag: str, owner: str | None, most: int) -> list[int]:
    """The keys of at most so many sessions with this tag, of one holder of a token or of all.

    Sessions that may still be open are left out.
    """
    chosen = (
        select(session.c.key)
        .join(session_tag, session_tag.c.session == session.c.key)
        .where(session_tag.c.tag == tag, _over())
        .limit(most)
    )
    if owner is not None:
        chosen = chosen.where(session.c.owner == owner)
    return list(connection.execute(chosen).scalars())


def _over() -> ColumnElement[bool]:
    """The condition on sessions that nothing more will be written of.

    Those have ended, or began so long ago that their server must have died.
    """
    return or_(session.c.ended.is_not(None), session.c.started < datetime.now(UTC) - LONGEST)
