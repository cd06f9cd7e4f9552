"""FastAPI dependencies of the REST endpoints (access checks), and OpenAPI error responses."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer

from sentivox.engine.backend import Backend
from sentivox.server.admission.auth import Unauthorized
from sentivox.server.negotiation import origin_allowed, origin_refused
from sentivox.server.service import Service


def service_of(request: Request) -> Service:
    """The `Service` of the app that handles this request."""
    return request.app.state.service


def engine_of(service: Annotated[Service, Depends(service_of)]) -> Backend:
    """The loaded engine.

    Raises:
        HTTPException: 503, the server is not ready: loading, failed or shutting down.
    """
    if service.unready is not None or service.engine is None:
        raise HTTPException(503, f"not ready: {service.unready}", {"Retry-After": "2"})
    return service.engine


def our_page(request: Request, service: Annotated[Service, Depends(service_of)]) -> None:
    """Refuse requests from web pages of origins that are not allowed.

    Raises:
        HTTPException: 403, the Origin header names such an origin.
    """
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if not origin_allowed(origin, host, service.settings.allowed_origins):
        raise HTTPException(403, origin_refused(origin))


def holder_of(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    _: Annotated[object, Depends(HTTPBearer(auto_error=False, description="sentivox token"))],
) -> str:
    """The name of the token's holder; "" if the server needs no token.

    Raises:
        HTTPException: 401, the token is missing or unknown.
    """
    try:
        return service.gate.bearer(request.headers)
    except Unauthorized as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None


def problem(description: str) -> dict[str, Any]:
    """The OpenAPI description of an error response with a one-line `detail`."""
    detail = {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": {"type": "string"}},
    }
    return {"description": description, "content": {"application/json": {"schema": detail}}}


Answers = dict[int | str, dict[str, Any]]
"""OpenAPI responses by HTTP status."""

SECURED: Answers = {401: problem("Token missing or unknown")}
"""Error responses of endpoints that check the token."""

POSTED: Answers = SECURED | {403: problem("A page from another origin")}
"""Error responses of endpoints that check the token and the origin."""

ENGINE: Answers = {503: problem("Not ready, or busy: try again after Retry-After seconds")}
"""Error responses of endpoints that need the engine."""
