"""The answer to a call that Twilio asks for: TwiML that sends the call's audio to this server.

https://www.twilio.com/docs/voice/twiml/stream
"""

import re
from typing import Annotated, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from sentivox.server.admission.auth import Unauthorized
from sentivox.server.admission.twilio import public_address
from sentivox.server.http.dependencies import SECURED, Answers, problem, service_of
from sentivox.server.http.small import small_body
from sentivox.server.service import Service

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

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
    try:
        if service.twilio is None:
            service.gate.bearer(request.headers)
        else:
            service.twilio.require(request.headers)  # before the body is read
        body = await small_body(request, service.settings)
        if service.twilio is not None:
            asked = request.url.query
            path = "/twilio/voice" + (f"?{asked}" if asked else "")
            form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
            service.twilio.check(request.headers, path, scheme="https", form=form)
    except Unauthorized as error:
        raise HTTPException(401, str(error)) from None
    address = public_address(service.settings.public_url, request.headers)
    options = [
        f"<Parameter name={quoteattr(_plain(name))} value={quoteattr(_plain(value))}/>"
        for name, value in request.query_params.multi_items()
        if name not in {"dial", "then"}
    ]
    url = quoteattr(f"wss://{address}/twilio/media")
    stream = f'<Stream url={url} track="both_tracks">{"".join(options)}</Stream>'
    twiml = f"<Response><Start>{stream}</Start>{_next(_plain(dial), _plain(then))}</Response>"
    return Response(twiml, media_type="application/xml")


def _next(dial: str, then: str) -> str:
    if dial:
        return f"<Dial>{escape(dial)}</Dial>"
    return f"<Redirect>{escape(then)}</Redirect>" if then else '<Pause length="3600"/>'


def _plain(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NO_XML.sub("", text)
