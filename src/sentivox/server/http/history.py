"""REST endpoints of stored conversations: list, read, describe, correct, export and erase."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import FileResponse, Response, StreamingResponse

from sentivox.server.http.history_models import (
    Description,
    ExportQuery,
    Labelling,
    ListQuery,
)
from sentivox.server.http.stored import (
    CHANGES,
    NO_SESSION,
    OURS,
    READS,
    Holder,
    Served,
    answered,
    as_json,
    filter_of,
    keeping_of,
    kept_of,
    sees,
)
from sentivox.server.service import Service

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

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

    store = keeping_of(service).store
    with answered():
        after = None if query.cursor is None else Cursor.read(query.cursor)
        listed, following = await store.page(
            filter_of(query), sees(holder), limit=query.limit, after=after
        )
    return as_json(
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
    keeping = keeping_of(service)
    with answered():
        ids = await keeping.store.erase_tagged(tag, sees(holder))
    await _forget_audio(service, ids)
    return as_json({"erased": ids})


@router.get("/export", responses=READS)
async def export(
    query: Annotated[ExportQuery, Query()], service: Served, holder: Holder
) -> StreamingResponse:
    """Export sessions: JSON lines of whole sessions, or one row an utterance as CSV or Parquet."""
    from sentivox.store.export import export as exported  # noqa: PLC0415  (the extra `store`)

    store = keeping_of(service).store
    with answered():
        pieces = exported(store.export(filter_of(query), sees(holder)), query.format)
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
    """One session: the document of `analyze --json`, with tags, note, corrections and alerts.

    `audio` says whether audio of its utterances is kept.
    """
    from sentivox.store.document import as_json as told  # noqa: PLC0415  (the extra `store`)

    document = told(await kept_of(session_id, service, holder))
    recorder = service.recorder
    return as_json(document | {"audio": recorder is not None and recorder.has(session_id)})


@router.get("/{session_id}/utterances", responses=READS)
async def utterances(session_id: str, service: Served, holder: Holder) -> Response:
    """The utterances of a session, with the windows of their live tone and corrected labels."""
    from sentivox.store.document import utterances as told  # noqa: PLC0415

    return as_json({"utterances": told(await kept_of(session_id, service, holder))})


@router.get("/{session_id}/events", responses=READS)
async def events(session_id: str, service: Served, holder: Holder) -> Response:
    """The stored messages of a session, in their order, with its Summary at the end."""
    from sentivox.store.document import events as told  # noqa: PLC0415

    return as_json({"events": told(await kept_of(session_id, service, holder))})


@router.patch("/{session_id}", responses=CHANGES, dependencies=OURS, status_code=204)
async def describe(
    session_id: str, description: Description, service: Served, holder: Holder
) -> None:
    """Replace the tags of a session and its note, and name its channels and speakers."""
    names = None
    if description.names is not None:
        names = {(one.channel, one.speaker): one.name for one in description.names}
    with answered():
        found = await keeping_of(service).store.describe(
            session_id,
            sees(holder),
            tags=description.tags,
            note=description.note,
            names=names,
        )
    if not found:
        raise HTTPException(404, NO_SESSION)


@router.delete("/{session_id}", responses=CHANGES, dependencies=OURS, status_code=204)
async def erase(session_id: str, service: Served, holder: Holder) -> None:
    """Erase a session with all that belongs to it, its audio too."""
    keeping = keeping_of(service)
    if any(one.session_id == session_id for one in service.sessions.conversations):
        raise HTTPException(409, "this session is still open: end it first")
    with answered():
        found = await keeping.store.erase(session_id, sees(holder))
    if not found:
        raise HTTPException(404, NO_SESSION)
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
    with answered():
        found = await keeping_of(service).store.correct(
            session_id, sees(holder), place, label=labelling.label, author=holder
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
    with answered():
        kept = await keeping_of(service).store.kept(session_id, sees(holder))
    recorder = service.recorder
    path = None if recorder is None else recorder.path(session_id, *place)
    if kept is None or path is None or not path.is_file():
        raise HTTPException(404, "no audio of this utterance is kept")
    return FileResponse(path, media_type="audio/wav")


async def _forget_audio(service: Service, ids: Iterable[str]) -> None:
    """Erase the audio of sessions, where the server saves audio."""
    if service.recorder is not None:
        await asyncio.wrap_future(service.recorder.forget(ids))
