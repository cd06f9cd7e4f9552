"""Full-text search of transcripts: FTS5 in SQLite, tsvector in PostgreSQL.

Neither splits Chinese or Japanese into words, so each such character is indexed as a word of its
own, and searched for as a phrase of them.
"""

import re
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    TableClause,
    column,
    exists,
    false,
    func,
    select,
    table,
)
from sqlalchemy import text as sql

from sentivox.store.schema import session, utterance

TEXTS: Final[TableClause] = table("utterance_text", column("rowid", Integer), column("document"))
"""The index: a row for each utterance with words, whose `rowid` is the utterance's key."""

_FEW: Final = 2000
"""Most utterances that are looked up before their sessions are listed."""

_CJK: Final = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
_PHRASE: Final = re.compile(r'"([^"]*)"|(\S+)')
_WORD: Final = re.compile(r"\w+")


def document(transcript: str) -> str:
    """A transcript as it is indexed: its words, and each Chinese or Japanese character alone."""
    return " ".join(_WORD.findall(_CJK.sub(r" \1 ", transcript)))


def phrases(query: str) -> list[str]:
    """The phrases of a query, all of which must occur: its words, and what is in quotes."""
    found = (document(quoted or word) for quoted, word in _PHRASE.findall(query))
    return [phrase for phrase in found if phrase]


def matching(connection: Connection, query: str) -> ColumnElement[bool]:
    """A condition on sessions: the transcript of an utterance has all phrases of the query.

    A few matches are looked up at once, because PostgreSQL takes rare words for frequent ones and
    would look for them in one session after the other. That is fast for frequent words.

    Args:
        connection: Connection to the database.
        query: Words, and phrases in double quotes; anything else is ignored.
    """
    wanted = phrases(query)
    if not wanted:
        return false()
    found = _found(wanted, connection.dialect.name)
    some = found.limit(_FEW + 1).subquery()
    keys = select(utterance.c.session).join(some, some.c.rowid == utterance.c.key)
    sessions = connection.execute(keys).scalars().all()
    if len(sessions) <= _FEW:
        return session.c.key.in_(set(sessions))
    match = exists().where(utterance.c.session == session.c.key, utterance.c.key.in_(found))
    return match.correlate(session)


def _found(wanted: list[str], dialect: str) -> Select[int]:
    """The keys of the utterances that have all of these phrases."""
    if dialect == "sqlite":
        # Phrases hold word characters and spaces only, so nothing in them is syntax.
        match = sql("utterance_text MATCH :match").bindparams(
            match=" AND ".join(f'"{phrase}"' for phrase in wanted)
        )
        return select(TEXTS.c.rowid).where(match)
    found = select(TEXTS.c.rowid)
    for phrase in wanted:
        found = found.where(TEXTS.c.document.op("@@")(func.phraseto_tsquery("simple", phrase)))
    return found


def index(connection: Connection, transcripts: dict[int, str | None]) -> None:
    """Index the transcripts of utterances, by key, in place of what was indexed for them."""
    forget(connection, list(transcripts))
    rows: list[dict[str, Any]] = [
        {"rowid": key, "document": document(words)} for key, words in transcripts.items() if words
    ]
    if rows:
        value = (
            sql(":document")
            if connection.dialect.name == "sqlite"
            else sql("to_tsvector('simple', :document)")
        )
        connection.execute(
            sql(f"INSERT INTO utterance_text (rowid, document) VALUES (:rowid, {value})"),  # noqa: S608
            rows,
        )


def scrub(connection: Connection) -> None:
    """Remove the words of erased utterances from the index of SQLite, which only marks them."""
    connection.execute(sql("INSERT INTO utterance_text (utterance_text) VALUES ('optimize')"))


def forget(connection: Connection, keys: list[int]) -> None:
    """Remove utterances, by key, from the index."""
    if keys:
        connection.execute(
            sql("DELETE FROM utterance_text WHERE rowid = :rowid"), [{"rowid": k} for k in keys]
        )
