"""Who may ask what over REST, and how OpenAPI tells of refusals: the endpoints' dependencies."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from sentivox.engine.backend import Backend
from sentivox.server.admission.auth import Unauthorized
from sentivox.server.negotiation import origin_allowed, origin_refused
from sentivox.server.service import Service


def service_of(request: Request) -> Service:
    """The service behind this request's app."""
    return request.app.state.service


def engine_of(service: Annotated[Service, Depends(service_of)]) -> Backend:
    """The engine; 503 until it is there."""
    if service.unready is not None or service.engine is None:
        raise HTTPException(503, f"not ready: {service.unready}", {"Retry-After": "2"})
    return service.engine


def our_page(request: Request, service: Annotated[Service, Depends(service_of)]) -> None:
    """403 for other people's pages, which may not make a visitor's browser work for them."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if not origin_allowed(origin, host, service.settings.allowed_origins):
        raise HTTPException(403, origin_refused(origin))


def holder_of(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    _: Annotated[object, Depends(HTTPBearer(auto_error=False, description="sentivox token"))],
) -> str:
    """The name of whoever asks; 401 without a token where one is needed."""
    try:
        return service.gate.bearer(request.headers)
    except Unauthorized as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None


def problem(description: str) -> dict[str, Any]:
    """An answer that says in one line what is wrong, as OpenAPI describes it."""
    detail = {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": {"type": "string"}},
    }
    return {"description": description, "content": {"application/json": {"schema": detail}}}


Answers = dict[int | str, dict[str, Any]]

SECURED: Answers = {401: problem("No token, or a wrong one")}
POSTED: Answers = SECURED | {403: problem("A page from another origin")}
ENGINE: Answers = {503: problem("Not ready, or busy: try again after Retry-After seconds")}
