"""Deepgram's transcriptions of recordings, with the sentiment that this server hears.

https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded

`POST /v1/listen` takes the recording as its body, or its address where the operator allows to fetch
from there. Sentiment is where Deepgram has it: on words,
utterances and in `sentiments`; and `sentivox` of each utterance is all that this server knows.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import uuid4

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from sentivox.engine.backend import Backend
from sentivox.protocol.events import Utterance
from sentivox.report.document import Document
from sentivox.server.dialects.deepgram_words import MODEL, feeling, word_of
from sentivox.server.dialects.readings import sentiment
from sentivox.server.http.dependencies import engine_of, holder_of, our_page, service_of
from sentivox.server.http.options import AnalysisRequest
from sentivox.server.http.recordings import ANALYZED, Uploader, analysed
from sentivox.server.http.shaped import shaped
from sentivox.server.http.small import small_body
from sentivox.server.http.uploads import Receive
from sentivox.server.negotiation import chosen
from sentivox.server.service import Service
from sentivox.stream.config import StreamConfig

_CODES: Final = {
    401: "INVALID_AUTH",
    403: "INSUFFICIENT_PERMISSIONS",
    413: "PAYLOAD_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
    503: "SERVICE_UNAVAILABLE",
}
"""`err_code` by HTTP status; "Bad Request" for all others."""


def _problem(status: int, message: str) -> dict[str, str]:
    """An error as Deepgram tells it."""
    code = _CODES.get(status, "Bad Request")
    return {"err_code": code, "err_msg": message, "request_id": str(uuid4())}


router = APIRouter(route_class=shaped(_problem), tags=["deepgram"])


@router.post("/v1/listen", responses=ANALYZED, dependencies=[Depends(our_page)])
async def listen(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Backend, Depends(engine_of)],
    holder: Annotated[str, Depends(holder_of)],
) -> JSONResponse:
    """Transcribe a recording as Deepgram's API does; parameters without a meaning are ignored."""
    options = ListenOptions(request.query_params)
    caller = Uploader(request, service, engine, holder, await _elsewhere(request, service))
    heard = await analysed(caller, options, options.tell)
    return JSONResponse(heard.told)


class _Remote(msgspec.Struct, frozen=True):
    url: str


async def _elsewhere(
    request: Request, service: Service
) -> AbstractAsyncContextManager[Receive] | None:
    """What fetches the recording, if the request holds its address.

    Raises:
        HTTPException: 400, it holds something else, or an address that is not fetched from.
    """
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        url = msgspec.json.decode(await small_body(request, service.settings), type=_Remote).url
    except (msgspec.DecodeError, RecursionError):
        raise HTTPException(400, 'a body of JSON is {"url": "https://…"}') from None
    if service.fetcher is None:
        raise HTTPException(
            400,
            "this server fetches no recordings: send the recording itself, or ask its operator for"
            " --fetch-from",
        )
    return service.fetcher.fetched(url)


class ListenOptions:
    """The parameters of a request, and the answer that they ask for.

    Args:
        query: The parameters.
    """

    longest = 1000

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query

    def require(self, name: str) -> None:
        """Take any field of a form; see `FormOptions`."""

    def add(self, name: str, value: str) -> None:
        """Ignore fields of a form; see `FormOptions`."""

    def asked(self, default: StreamConfig) -> AnalysisRequest:
        """The server's defaults, with the language asked for; see `FormOptions`."""
        language = self._query.get("language")
        if self._query.get("detect_language") == "true" or language == "multi":
            language = "auto"
        changes = {"words": True, **({"language": language} if language else {})}
        return AnalysisRequest(
            chosen(default, changes),
            diarise=not default.speakers,
            mixdown=False,
            track=None,
            name=None,
        )

    def tell(self, result: Document) -> dict[str, Any]:
        """The answer."""
        results: dict[str, Any] = {"channels": [_channel(c.utterances) for c in result.channels]}
        spoken = [u for u in result.utterances if u.transcript]
        if self._query.get("utterances") == "true":
            results["utterances"] = [_utterance(utterance) for utterance in spoken]
        if self._query.get("sentiment") == "true":
            average = result.summary.overall.mean_score
            results["sentiments"] = {
                "segments": list(_segments(spoken)),
                "average": feeling(average),
            }
        return {"metadata": _metadata(result), "results": results}


def _metadata(result: Document) -> dict[str, Any]:
    request_id = str(uuid4())
    with open(result.file, "rb") as file:  # noqa: PTH123  (its path is a string)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "transaction_key": "deprecated",
        "request_id": request_id,
        "sha256": digest,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": round(result.duration, 3),
        "channels": len(result.channels),
        "models": [request_id],
        "model_info": {request_id: MODEL},
    }


def _channel(utterances: Sequence[Utterance]) -> dict[str, Any]:
    """The one alternative of a channel: all its words, and their mean confidence."""
    spoken = [u for u in utterances if u.transcript]
    sure = [u.asr_confidence for u in spoken if u.asr_confidence is not None]
    return {
        "alternatives": [
            {
                "transcript": " ".join(u.transcript or "" for u in spoken),
                "confidence": round(sum(sure) / len(sure), 4) if sure else 0.0,
                "words": [word_of(word, u) for u in spoken for word in u.words or ()],
            }
        ]
    }


def _utterance(said: Utterance) -> dict[str, Any]:
    return {
        "id": f"{said.channel}-{said.utterance_id}",
        "channel": said.channel,
        "start": said.start,
        "end": said.end,
        "confidence": said.asr_confidence or 0.0,
        "transcript": said.transcript,
        "words": [word_of(word, said) for word in said.words or ()],
        "sentivox": sentiment(said),
        **feeling(said.fused_score),
    }


def _segments(spoken: list[Utterance]) -> Iterator[dict[str, Any]]:
    """Each utterance with its sentiment, and its place among the words of all."""
    at = 0
    for said in spoken:
        count = len(said.words or (said.transcript or "").split())
        if said.fused_score is not None:
            yield {
                "text": said.transcript,
                "start_word": at,
                "end_word": at + count - 1,
                **feeling(said.fused_score),
            }
        at += count
