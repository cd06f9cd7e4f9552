"""Which sessions to list: filters, and the cursor from one page to the next."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from sentivox.errors import StoreError
from sentivox.store.schema import (
    alert,
    channel,
    correction,
    given_name,
    session,
    session_tag,
    utterance,
)
from sentivox.store.search import matching


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What sessions to list; a session must meet all that is given.

    Attributes:
        id: Has this id.
        since: Began at this time or later.
        until: Began before this time.
        tags: Has all of these tags.
        source: Came from a live "stream", an "upload" or a "recording".
        speaker: Has an utterance by this speaker, or a channel of this name or role.
        label: Has an utterance with this label, by a person's correction if there is one.
        emotion: Has an utterance whose strongest emotion by tone is this one.
        min_score: Its mean score, -1…1, is at least this.
        max_score: Its mean score, -1…1, is at most this.
        alert: A rule of this name fired; "any" for any.
        text: An utterance has all of these words, and phrases in double quotes.
        corrected: A person has labelled an utterance.
    """

    id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()
    source: str | None = None
    speaker: str | None = None
    label: str | None = None
    emotion: str | None = None
    min_score: float | None = None
    max_score: float | None = None
    alert: str | None = None
    text: str | None = None
    corrected: bool = False

    def conditions(self, connection: Connection) -> list[ColumnElement[bool]]:
        """The conditions on `session`, for a query on this connection."""
        found: list[ColumnElement[bool]] = [
            *((session.c.id == self.id,) if self.id is not None else ()),
            *((session.c.started >= self.since,) if self.since is not None else ()),
            *((session.c.started < self.until,) if self.until is not None else ()),
            *((session.c.source == self.source,) if self.source is not None else ()),
            *((session.c.mean_score >= self.min_score,) if self.min_score is not None else ()),
            *((session.c.mean_score <= self.max_score,) if self.max_score is not None else ()),
            *(_has(session_tag.c.session, session_tag.c.tag == tag) for tag in self.tags),
        ]
        if self.speaker is not None:
            found.append(_speaks(self.speaker))
        if self.label is not None:
            found.append(_labelled(self.label))
        if self.emotion is not None:
            found.append(_has(utterance.c.session, utterance.c.emotion == self.emotion))
        if self.alert == "any":
            found.append(_has(alert.c.session))
        elif self.alert is not None:
            found.append(_in(alert.c.session, alert.c.rule == self.alert))
        if self.corrected:
            found.append(_has(correction.c.session))
        if self.text is not None:
            found.append(matching(connection, self.text))
        return found


def _in(column: "ColumnElement[int]", condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return session.c.key.in_(select(column).where(condition))


def _has(column: "ColumnElement[int]", *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The session has a row that meets the conditions, in the table of this column.

    Asked of each session, newest first, this ends after a page where many sessions have one.
    """
    return exists().where(column == session.c.key, *conditions).correlate(session)


def _speaks(name: str) -> ColumnElement[bool]:
    """Has a speaker or a channel of this name or role; a name given later replaces the first."""
    of_speaker = (given_name.c.session == utterance.c.session) & (
        (given_name.c.channel == utterance.c.channel)
        & (given_name.c.speaker == utterance.c.speaker)
    )
    of_channel = (given_name.c.session == channel.c.session) & (
        (given_name.c.channel == channel.c.channel) & (given_name.c.speaker == "")
    )
    called = (channel.c.name == name) & ~exists().where(of_channel).correlate(channel)
    return or_(
        _has(
            utterance.c.session,
            utterance.c.speaker == name,
            ~exists().where(of_speaker).correlate(utterance),
        ),
        _has(channel.c.session, or_(called, channel.c.role == name)),
        _has(given_name.c.session, given_name.c.name == name),
    )


def _labelled(label: str) -> ColumnElement[bool]:
    """Has an utterance with this label, whether a person or only the model says so."""
    corrected = (
        exists()
        .where(
            correction.c.session == utterance.c.session,
            correction.c.channel == utterance.c.channel,
            correction.c.utterance_id == utterance.c.utterance_id,
        )
        .correlate(utterance)
    )
    return or_(
        _has(utterance.c.session, utterance.c.label == label, ~corrected),
        _in(correction.c.session, correction.c.label == label),
    )


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last session of a page: the next page begins after it, whatever was added since."""

    started: datetime
    key: int

    def text(self) -> str:
        """The cursor as an opaque word for an address."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self:
        """The cursor that `text` made.

        Raises:
            StoreError: It did not.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=cls)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise StoreError(
                "this cursor is none of this server's: begin again without cursor"
            ) from None

    def condition(self) -> ColumnElement[bool]:
        """The condition on sessions after this one, newest first."""
        return or_(
            session.c.started < self.started,
            and_(session.c.started == self.started, session.c.key < self.key),
        )
