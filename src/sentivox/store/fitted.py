"""What was fitted to the conversations of a store, kept beside them."""

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select

from sentivox.conversation.escalation import Escalation
from sentivox.store.inserting import insert
from sentivox.store.schema import fitted

_ESCALATION: Final = "escalation"


def escalation(connection: Connection) -> Escalation | None:
    """The weights that tell how probable it is that a conversation escalates, if there are any."""
    chosen = select(fitted.c.data).where(fitted.c.name == _ESCALATION)
    data = connection.execute(chosen).scalar()
    return None if data is None else msgspec.json.decode(data, type=Escalation)


def set_escalation(connection: Connection, weights: Escalation | None) -> None:
    """Replace those weights; None removes them."""
    connection.execute(delete(fitted).where(fitted.c.name == _ESCALATION))
    if weights is not None:
        row = {"name": _ESCALATION, "data": msgspec.json.encode(weights).decode()}
        connection.execute(insert(connection, fitted), [row])
