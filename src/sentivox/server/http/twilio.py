"""The answer to a call that Twilio asks for: TwiML that sends the call's audio to this server.

https://www.twilio.com/docs/voice/twiml/stream
"""

from typing import Annotated, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from sentivox.server.admission.auth import Unauthorized
from sentivox.server.admission.twilio import public_address
from sentivox.server.http.dependencies import SECURED, Answers, problem, service_of
from sentivox.server.service import Service

_MOST_BYTES: Final = 64 << 10
"""Most bytes of the form that Twilio posts, which has about 1 kB."""

_ANSWERS: Answers = SECURED | {413: problem("A form that is not Twilio's")}

router = APIRouter(tags=["twilio"])


@router.post("/twilio/voice", response_class=Response, responses=_ANSWERS)
async def voice(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    dial: str = "",
    then: str = "",
) -> Response:
    """TwiML for the voice webhook of a phone number: both sides of the call are analysed.

    The call goes on by calling the number in `dial`, or with the TwiML at the address in `then`;
    without either, it waits for an hour. All other parameters, such as `language`, are passed on to
    the stream.
    """
    form = await _form(request)
    try:
        if service.twilio is not None:
            asked = request.url.query
            path = "/twilio/voice" + (f"?{asked}" if asked else "")
            service.twilio.check(request.headers, path, scheme="https", form=form)
        else:
            service.gate.bearer(request.headers)
    except Unauthorized as error:
        raise HTTPException(401, str(error)) from None
    address = public_address(service.settings.public_url, request.headers)
    options = [
        f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in request.query_params.multi_items()
        if name not in {"dial", "then"}
    ]
    url = quoteattr(f"wss://{address}/twilio/media")
    stream = f'<Stream url={url} track="both_tracks">{"".join(options)}</Stream>'
    twiml = f"<Response><Start>{stream}</Start>{_next(dial, then)}</Response>"
    return Response(twiml, media_type="application/xml")


def _next(dial: str, then: str) -> str:
    if dial:
        return f"<Dial>{escape(dial)}</Dial>"
    return f"<Redirect>{escape(then)}</Redirect>" if then else '<Pause length="3600"/>'


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields that were posted.

    Raises:
        HTTPException: 413, there are too many.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, f"a form may have {_MOST_BYTES} bytes")
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
