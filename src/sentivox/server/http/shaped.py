"""Routes whose errors have the shape of another service's."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute


def shaped(tell: Callable[[int, str], object]) -> type[APIRoute]:
    """A class of routes that answer errors as `tell` makes them of HTTP status and message.

    What cannot be understood is 400 for them, as other services know no 422.
    """

    class ShapedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except HTTPException as error:
                    status = 400 if error.status_code == 422 else error.status_code
                    return JSONResponse(tell(status, str(error.detail)), status, error.headers)

            return handled

    return ShapedRoute
