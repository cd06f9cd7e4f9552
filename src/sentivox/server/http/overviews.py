"""REST endpoints about stored conversations as a whole: the trend of many, the report of one."""

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from sentivox.server.http.history_models import TrendQuery
from sentivox.server.http.stored import (
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

if TYPE_CHECKING:
    from sentivox.store.read import Kept

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.get("/trend", responses=READS)
async def trend(query: Annotated[TrendQuery, Query()], service: Served, holder: Holder) -> Response:
    """Mean mood by day (UTC), tag or speaker: the mean of the sessions' mean scores.

    `low` and `high` are its 95 % confidence interval, null with fewer than three sessions. At most
    366 groups: the latest days, or the tags or speakers with the most sessions.
    """
    with answered():
        groups = await keeping_of(service).store.trend(filter_of(query), sees(holder), query.by)
    return as_json({"groups": [asdict(group) for group in groups]})


@router.get("/{session_id}/report", responses=READS, response_class=HTMLResponse)
async def report(session_id: str, service: Served, holder: Holder) -> HTMLResponse:
    """The report of a session as a self-contained page, as `analyze --report` makes it."""
    kept = await kept_of(session_id, service, holder)
    page = await asyncio.to_thread(_report, kept)
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


def _report(kept: "Kept") -> str:
    from sentivox.report.page import recording_page  # noqa: PLC0415  (costly, and rarely needed)
    from sentivox.report.waveform import Envelope  # noqa: PLC0415
    from sentivox.store.document import document  # noqa: PLC0415  (the extra `store`)

    notes = ["This conversation is stored without its sound, so its loudness is not shown."]
    if kept.corrections:
        notes.append(f"Labels that people have corrected since: {len(kept.corrections)}.")
    result = replace(document(kept), notes=notes)
    return recording_page(result, Envelope.silent(len(result.channels)))
