"""OpenAI's transcriptions of recordings, with sentiment as further keys.

https://platform.openai.com/docs/api-reference/audio/createTranscription

`POST /v1/audio/transcriptions` takes the same forms and answers in the same formats. The sentiment
of each utterance is `sentiment` of its segment, and that of the whole recording `sentiment` of the
answer, both as `POST /v1/analyze` names things.
"""

import asyncio
import math
import zlib
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol.events import Utterance
from sentivox.report.document import Document
from sentivox.report.subtitles import srt, vtt
from sentivox.server.dialects.readings import sentiment
from sentivox.server.http.dependencies import engine_of, holder_of, our_page, service_of
from sentivox.server.http.live import LiveUtterances
from sentivox.server.http.options import AnalysisRequest
from sentivox.server.http.recordings import ANALYZED, Heard, Uploader, analysed
from sentivox.server.http.shaped import shaped
from sentivox.server.negotiation import chosen
from sentivox.server.service import Service
from sentivox.stream.config import StreamConfig

_TRANSCRIBED: Final = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
"""The values of `response_format`."""

_GRANULARITIES: Final = ("word", "segment")

_LANGUAGES: Final = {
    "ar": "arabic", "de": "german", "en": "english", "es": "spanish", "fr": "french",
    "hi": "hindi", "it": "italian", "ja": "japanese", "ko": "korean", "nl": "dutch",
    "pl": "polish", "pt": "portuguese", "ru": "russian", "tr": "turkish", "yue": "cantonese",
    "zh": "chinese",
}  # fmt: skip
"""Names of languages as `verbose_json` has them; others are given by their tag."""

_TYPES: Final = {401: ("invalid_request_error", "invalid_api_key"), 403: ("permission_error", None)}
"""Type and code of an error, by HTTP status; "invalid_request_error" and none for other 4xx."""


def _problem(status: int, message: str) -> dict[str, Any]:
    """An error as OpenAI tells it."""
    kind, code = _TYPES.get(
        status, ("invalid_request_error" if status < 500 else "server_error", None)
    )
    error = {"message": message, "type": kind, "param": _param(message), "code": code}
    return {"error": error}


router = APIRouter(route_class=shaped(_problem), tags=["openai"])


@router.post("/v1/audio/transcriptions", responses=ANALYZED, dependencies=[Depends(our_page)])
async def transcriptions(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Backend, Depends(engine_of)],
    holder: Annotated[str, Depends(holder_of)],
) -> Response:
    """Transcribe a recording as OpenAI's API does; the answer has its sentiment too.

    `prompt` and `temperature` are taken and make no difference, and `model` may be any: this
    server's recogniser is used.
    """
    options, live = TranscriptionOptions(), LiveUtterances()
    caller = Uploader(request, service, engine, holder, follow=live.take)
    work = asyncio.create_task(analysed(caller, options, options.tell))
    try:
        await live.begun(work)  # from here on it is known whether the answer comes in pieces
        if options.streams and not (work.done() and work.exception()):
            return StreamingResponse(_streamed(live, work), media_type="text/event-stream")
        heard = await work
    except BaseException:
        work.cancel()
        raise
    if isinstance(heard.told, str):
        return PlainTextResponse(heard.told)
    return JSONResponse(heard.told)


class TranscriptionOptions:
    """Collects the fields of the form, and makes the answer that they ask for.

    Fields that this server does not know are ignored, as models and clients differ in theirs.
    """

    longest = 8000  # `prompt` may be that of a long conversation

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._granularities: set[str] = set()

    @property
    def streams(self) -> bool:
        """Whether the answer is to come in pieces."""
        return self._given.get("stream", "false").lower() == "true"

    def require(self, name: str) -> None:
        """Take any option; see `FormOptions`."""

    def add(self, name: str, value: str) -> None:
        """Add an option; the last value counts, but all of `timestamp_granularities[]` do."""
        if name.removesuffix("[]") == "timestamp_granularities":
            self._granularities |= {part.strip() for part in value.split(",")}
        else:
            self._given[name] = value

    def asked(self, default: StreamConfig) -> AnalysisRequest:
        """Combine the options given so far with the server's defaults; see `FormOptions`."""
        _one_of("response_format", self._format, _TRANSCRIBED)
        for granularity in sorted(self._granularities):
            _one_of("timestamp_granularities", granularity, _GRANULARITIES)
        language = self._given.get("language") or "auto"
        return AnalysisRequest(
            chosen(default, {"language": language, "words": True}),
            diarise=not default.speakers,
            mixdown=False,
            track=None,
            name=None,
        )

    def tell(self, result: Document) -> Any:  # noqa: ANN401
        """The answer: text, or an object; or the last events of one in pieces."""
        if self.streams:
            return _end(result, diarized=self._format == "diarized_json")
        formats: dict[str, Callable[[Document], Any]] = {
            "text": lambda result: _text(result) + "\n",
            "srt": srt,
            "vtt": vtt,
            "verbose_json": self._verbose,
            "diarized_json": _diarized,
        }
        return formats.get(self._format, _whole)(result)

    @property
    def _format(self) -> str:
        return self._given.get("response_format") or "json"

    def _verbose(self, result: Document) -> dict[str, Any]:
        spoken = _spoken(result)
        told = _whole(result) | {
            "task": "transcribe",
            "language": _language(spoken),
            "duration": result.duration,
        }
        if not self._granularities or "segment" in self._granularities:
            told["segments"] = [_segment(n, u, result) for n, u in enumerate(spoken)]
        if "word" in self._granularities:
            told["words"] = [
                {"word": word.word, "start": word.start, "end": word.end}
                for utterance in spoken
                for word in utterance.words or ()
            ]
        return told


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ProtocolError(f"{name} {value[:40]!r} is none of {', '.join(known)}")


def _param(message: str) -> str | None:
    """The parameter that an error is about, if its message begins with one."""
    first = message.partition(" ")[0]
    return first if first in {"response_format", "timestamp_granularities", "language"} else None


def _spoken(result: Document) -> list[Utterance]:
    """The utterances with words, in order of time."""
    return [utterance for utterance in result.utterances if utterance.transcript]


def _text(result: Document) -> str:
    return " ".join(utterance.transcript or "" for utterance in _spoken(result))


def _whole(result: Document) -> dict[str, Any]:
    """What every object says of the whole recording."""
    seconds = math.ceil(result.duration)
    return {
        "text": _text(result),
        "usage": {"type": "duration", "seconds": seconds},
        "sentiment": msgspec.to_builtins(result.summary.overall),
    }


def _diarized(result: Document) -> dict[str, Any]:
    segments = [_turn(number, u, result) for number, u in enumerate(_spoken(result))]
    return _whole(result) | {
        "task": "transcribe",
        "duration": result.duration,
        "segments": segments,
    }


def _segment(number: int, utterance: Utterance, result: Document) -> dict[str, Any]:
    """A segment as Whisper's, of whose inner figures those are given that have a meaning here."""
    text = utterance.transcript or ""
    packed = len(zlib.compress(text.encode()))
    return {
        "id": number,
        "seek": round(100 * utterance.start),
        "start": utterance.start,
        "end": utterance.end,
        "text": f" {text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(math.log(max(utterance.asr_confidence or 0.0, 1e-4)), 4),
        "compression_ratio": round(len(text.encode()) / packed, 4),
        "no_speech_prob": 0.0,
        "speaker": _speaker(utterance, result),
        "sentiment": sentiment(utterance),
    }


def _turn(number: int, utterance: Utterance, result: Document) -> dict[str, Any]:
    return {
        "type": "transcript.text.segment",
        "id": f"seg_{number}",
        "start": utterance.start,
        "end": utterance.end,
        "text": utterance.transcript,
        "speaker": _speaker(utterance, result) or "A",
        "sentiment": sentiment(utterance),
    }


def _speaker(utterance: Utterance, result: Document) -> str | None:
    """Who speaks: the speaker, or else the channel where there are several."""
    if utterance.speaker is not None or len(result.channels) == 1:
        return utterance.speaker
    return result.names[utterance.channel]


def _language(spoken: list[Utterance]) -> str:
    tags = [utterance.language for utterance in spoken if utterance.language]
    tag = max(set(tags), key=tags.count) if tags else "en"
    return _LANGUAGES.get(tag, tag)


async def _streamed(live: LiveUtterances, work: asyncio.Task[Heard[Any]]) -> AsyncGenerator[str]:
    """The answer in pieces, as server-sent events: a delta for each utterance, and the end."""
    try:
        before = ""
        async for utterance in live.until(work):
            if text := utterance.transcript:
                yield _event(
                    "transcript.text.delta", delta=before + text, sentiment=sentiment(utterance)
                )
                before = " "
        for event in (await work).told:
            yield event
    except HTTPException as error:  # the status has been sent already
        yield _event("error", **_problem(error.status_code, str(error.detail)))
    finally:
        work.cancel()


def _end(result: Document, *, diarized: bool) -> list[str]:
    """The last events: who spoke when, if that is asked for, and the whole."""
    turns = enumerate(_spoken(result)) if diarized else ()
    told = [_event(**_turn(number, utterance, result)) for number, utterance in turns]
    return [*told, _event("transcript.text.done", **_whole(result))]


def _event(type: str, **fields: Any) -> str:  # noqa: A002, ANN401  (the wire's name)
    data = msgspec.json.encode({"type": type, **fields}).decode()
    return f"event: {type}\ndata: {data}\n\n"
