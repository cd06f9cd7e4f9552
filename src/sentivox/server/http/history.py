"""REST endpoints of stored conversations: list, read, describe, correct, export and erase."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import FileResponse, Response, StreamingResponse
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
from sentivox.server.http.history_models import (
    Description,
    ExportQuery,
    Labelling,
    ListQuery,
    Wanted,
)
from sentivox.server.service import Service

if TYPE_CHECKING:
    from sentivox.server.keeping import Keeping
    from sentivox.store.filters import SessionFilter
    from sentivox.store.read import Kept

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

T = TypeVar("T")

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

_NO_SESSION: Final = "there is no such session, or it is not yours"
_TYPES: Final = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


def _place(channel: int, utterance_id: int) -> tuple[int, int]:
    """The place of an utterance: its channel, from 0, and its id in it."""
    return channel, utterance_id


@router.get("", responses=READS)
async def sessions(
    query: Annotated[ListQuery, Query()], service: Served, holder: Holder
) -> Response:
    """List stored sessions, newest first; `cursor` of the answer is that of the next page."""
    from sentivox.store.filters import Cursor  # noqa: PLC0415  (the extra `store`)

    store = _keeping(service).store
    with _answered():
        after = None if query.cursor is None else Cursor.read(query.cursor)
        listed, following = await store.page(
            _filter(query), _sees(holder), limit=query.limit, after=after
        )
    return _json(
        {
            "sessions": [asdict(one) for one in listed],
            "cursor": None if following is None else following.text(),
        }
    )


@router.delete("", responses=CHANGES, dependencies=OURS)
async def erase_tagged(
    tag: Annotated[str, Query(min_length=1)], service: Served, holder: Holder
) -> Response:
    """Erase all sessions with a tag, with their audio; returns their ids."""
    keeping = _keeping(service)
    with _answered():
        ids = await keeping.store.erase_tagged(tag, _sees(holder))
    await _forget_audio(service, ids)
    return _json({"erased": ids})


@router.get("/export", responses=READS)
async def export(
    query: Annotated[ExportQuery, Query()], service: Served, holder: Holder
) -> StreamingResponse:
    """Export sessions: JSON lines of whole sessions, or one row an utterance as CSV or Parquet."""
    from sentivox.store.export import export as exported  # noqa: PLC0415  (the extra `store`)

    store = _keeping(service).store
    with _answered():
        pieces = exported(store.export(_filter(query), _sees(holder)), query.format)
        first = await anext(pieces, b"")  # an error before this has a status of its own

    async def body() -> AsyncGenerator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    name = f'attachment; filename="sentivox.{query.format}"'
    return StreamingResponse(
        body(), media_type=_TYPES[query.format], headers={"Content-Disposition": name}
    )


@router.get("/{session_id}", responses=READS)
async def session(session_id: str, service: Served, holder: Holder) -> Response:
    """One session: the document of `analyze --json`, with tags, note, corrections and alerts."""
    from sentivox.store.document import as_json  # noqa: PLC0415  (the extra `store`)

    return await _about(session_id, service, holder, as_json)


@router.get("/{session_id}/utterances", responses=READS)
async def utterances(session_id: str, service: Served, holder: Holder) -> Response:
    """The utterances of a session, with the windows of their live tone and corrected labels."""
    from sentivox.store.document import utterances as told  # noqa: PLC0415

    return await _about(session_id, service, holder, lambda kept: {"utterances": told(kept)})


@router.get("/{session_id}/events", responses=READS)
async def events(session_id: str, service: Served, holder: Holder) -> Response:
    """The stored messages of a session, in their order, with its Summary at the end."""
    from sentivox.store.document import events as told  # noqa: PLC0415

    return await _about(session_id, service, holder, lambda kept: {"events": told(kept)})


@router.patch("/{session_id}", responses=CHANGES, dependencies=OURS, status_code=204)
async def describe(
    session_id: str, description: Description, service: Served, holder: Holder
) -> None:
    """Replace the tags of a session, its note, or both."""
    with _answered():
        found = await _keeping(service).store.describe(
            session_id, _sees(holder), tags=description.tags, note=description.note
        )
    if not found:
        raise HTTPException(404, _NO_SESSION)


@router.delete("/{session_id}", responses=CHANGES, dependencies=OURS, status_code=204)
async def erase(session_id: str, service: Served, holder: Holder) -> None:
    """Erase a session with all that belongs to it, its audio too."""
    keeping = _keeping(service)
    if any(one.session_id == session_id for one in service.sessions.conversations):
        raise HTTPException(409, "this session is still open: end it first")
    with _answered():
        found = await keeping.store.erase(session_id, _sees(holder))
    if not found:
        raise HTTPException(404, _NO_SESSION)
    await _forget_audio(service, [session_id])


@router.post(
    "/{session_id}/utterances/{channel}/{utterance_id}/label",
    responses=CHANGES,
    dependencies=OURS,
    status_code=204,
)
async def label(
    session_id: str,
    place: Annotated[tuple[int, int], Depends(_place)],
    labelling: Labelling,
    service: Served,
    holder: Holder,
) -> None:
    """Correct the label of an utterance; null takes a correction back."""
    with _answered():
        found = await _keeping(service).store.correct(
            session_id, _sees(holder), place, label=labelling.label, author=holder
        )
    if not found:
        raise HTTPException(404, "there is no such utterance, or it is not yours")


@router.get("/{session_id}/utterances/{channel}/{utterance_id}/audio", responses=READS)
async def audio(
    session_id: str,
    place: Annotated[tuple[int, int], Depends(_place)],
    service: Served,
    holder: Holder,
) -> FileResponse:
    """The audio of an utterance as WAV, where the server saves audio; ranges may be asked for."""
    with _answered():
        kept = await _keeping(service).store.kept(session_id, _sees(holder))
    recorder = service.recorder
    path = None if recorder is None else recorder.path(session_id, *place)
    if kept is None or path is None or not path.is_file():
        raise HTTPException(404, "no audio of this utterance is kept")
    return FileResponse(path, media_type="audio/wav")


def _keeping(service: Service) -> "Keeping":
    """The server's store.

    Raises:
        HTTPException: 404, it has none.
    """
    if service.keeping is None:
        raise HTTPException(
            404, "this server keeps no conversations; start it with --store sqlite:///calls.db"
        )
    return service.keeping


def _sees(holder: str) -> str | None:
    """Whose sessions this holder sees; None for everybody's."""
    return None if sees_all(holder) else holder


@contextmanager
def _answered() -> Generator[None]:
    """Answer the errors of a store: 503 while it is away, 422 for what cannot be asked."""
    try:
        yield
    except StoreAway as error:
        raise HTTPException(503, str(error), {"Retry-After": "5"}) from None
    except StoreError as error:
        raise HTTPException(422, str(error)) from None
    except SentivoxError as error:  # an optional package that is missing
        raise HTTPException(501, str(error)) from None


def _filter(query: Wanted) -> "SessionFilter":
    from sentivox.store.filters import SessionFilter  # noqa: PLC0415  (the extra `store`)

    return SessionFilter(
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


async def _about(
    session_id: str, service: Service, holder: str, told: "Callable[[Kept], Any]"
) -> Response:
    with _answered():
        kept = await _keeping(service).store.kept(session_id, _sees(holder))
    if kept is None:
        raise HTTPException(404, _NO_SESSION)
    return _json(told(kept))


async def _forget_audio(service: Service, ids: Iterable[str]) -> None:
    """Erase the audio of sessions, where the server saves audio."""
    if service.recorder is not None:
        await asyncio.wrap_future(service.recorder.forget(ids))


def _json(body: Any) -> Response:  # noqa: ANN401
    return Response(json.encode(to_builtins(body)), media_type="application/json")
