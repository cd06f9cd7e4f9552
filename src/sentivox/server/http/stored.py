"""What the endpoints of stored conversations share: the store, whose sessions, filters, errors."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, HTTPException
from fastapi.responses import Response
from msgspec import json, to_builtins

from sentivox.errors import SentivoxError, StoreAway, StoreError
from sentivox.server.admission.auth import sees_all
from sentivox.server.http.dependencies import (
    POSTED,
    SECURED,
    Answers,
    holder_of,
    our_page,
    problem,
    service_of,
)
from sentivox.server.http.history_models import Wanted
from sentivox.server.service import Service

if TYPE_CHECKING:
    from sentivox.server.keeping import Keeping
    from sentivox.store.filters import SessionFilter
    from sentivox.store.read import Kept

Served = Annotated[Service, Depends(service_of)]
Holder = Annotated[str, Depends(holder_of)]

_STORE: Answers = {
    404: problem("No such session, or no store"),
    422: problem("An unknown or invalid filter, or an invalid body"),
    503: problem("The store is away: try again after Retry-After seconds"),
}
READS: Final[Answers] = SECURED | _STORE
CHANGES: Final[Answers] = POSTED | _STORE
OURS: Final = [Depends(our_page)]

NO_SESSION: Final = "there is no such session, or it is not yours"


def keeping_of(service: Service) -> "Keeping":
    """The server's store.

    Raises:
        HTTPException: 404, it has none.
    """
    if service.keeping is None:
        raise HTTPException(
            404, "this server keeps no conversations; start it with --store sqlite:///calls.db"
        )
    return service.keeping


def sees(holder: str) -> str | None:
    """Whose sessions this holder sees; None for everybody's."""
    return None if sees_all(holder) else holder


@contextmanager
def answered() -> Generator[None]:
    """Answer the errors of a store: 503 while it is away, 422 for what cannot be asked."""
    try:
        yield
    except StoreAway as error:
        raise HTTPException(503, str(error), {"Retry-After": "5"}) from None
    except StoreError as error:
        raise HTTPException(422, str(error)) from None
    except SentivoxError as error:  # an optional package that is missing
        raise HTTPException(501, str(error)) from None


def filter_of(query: Wanted) -> "SessionFilter":
    """The filter that a query stands for."""
    from sentivox.store.filters import SessionFilter  # noqa: PLC0415  (the extra `store`)

    return SessionFilter(
        id=query.id,
        since=query.since,
        until=query.until,
        tags=tuple(query.tag),
        source=query.source,
        speaker=query.speaker,
        label=query.label,
        emotion=query.emotion,
        min_score=query.min_score,
        max_score=query.max_score,
        alert=query.alert,
        text=query.q,
        corrected=query.corrected,
    )


async def kept_of(session_id: str, service: Service, holder: str) -> "Kept":
    """All that is kept of a session.

    Raises:
        HTTPException: 404, there is no such session that this holder may see.
    """
    with answered():
        kept = await keeping_of(service).store.kept(session_id, sees(holder))
    if kept is None:
        raise HTTPException(404, NO_SESSION)
    return kept


def as_json(body: Any) -> Response:  # noqa: ANN401
    """A response of plain data, dataclasses and structs, as JSON."""
    return Response(json.encode(to_builtins(body)), media_type="application/json")
