"""REST endpoints for tickets, the models in use, metrics, liveness and readiness."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from sentivox.engine.backend import Backend
from sentivox.server.http.dependencies import (
    ENGINE,
    POSTED,
    SECURED,
    engine_of,
    holder_of,
    our_page,
    service_of,
)
from sentivox.server.service import Service
from sentivox.sinks.metrics import CONTENT_TYPE

router = APIRouter()


@router.post("/v1/ticket", responses=POSTED, dependencies=[Depends(our_page)])
def ticket(
    holder: Annotated[str, Depends(holder_of)], service: Annotated[Service, Depends(service_of)]
) -> dict[str, Any]:
    """Issue a ticket, which a browser can pass as `token` in the query of a stream.

    `token` is null if this server needs no token; `expires_in` is in seconds.
    """
    tickets = service.gate.tickets
    minted = tickets.mint(holder) if holder else None
    return {"token": minted, "expires_in": tickets.lifetime_s}


@router.get("/v1/models", responses=SECURED | ENGINE, dependencies=[Depends(holder_of)])
def models(engine: Annotated[Backend, Depends(engine_of)]) -> dict[str, Any]:
    """The profile and the models in use."""
    return {"profile": engine.profile, "models": engine.describe()}


@router.get(
    "/metrics",
    responses=SECURED,
    response_class=PlainTextResponse,
    dependencies=[Depends(holder_of)],
)
def metrics(service: Annotated[Service, Depends(service_of)]) -> Response:
    """Operational metrics in Prometheus' text format."""
    return Response(service.metrics.render(), media_type=CONTENT_TYPE)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Liveness: answers even while the models are loading."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready, with the reason"}})
def readyz(service: Annotated[Service, Depends(service_of)]) -> JSONResponse:
    """Readiness for a stream: models loaded, capacity free, and not shutting down; else 503.

    `asr` is the state of the recogniser's circuit breaker: while it is "open", utterances get no
    transcript. It is null if there is no recogniser pool. `store` says whether the database of
    conversations is "open" or "away"; null if the server keeps none.
    """
    sessions, engine = service.sessions, service.engine
    pool = None if engine is None else engine.asr_stats()
    state: dict[str, Any] = {
        "streams": {"open": len(sessions), "max": sessions.most()},
        "degradation": int(sessions.level),
        "asr": None if pool is None else pool["circuit"],
        "store": None if service.keeping is None else service.keeping.state,
    }
    reason = service.unready or sessions.no_room
    if reason is None:
        return JSONResponse({"status": "ready", **state})
    return JSONResponse({"status": "unready", "reason": reason, **state}, 503)
