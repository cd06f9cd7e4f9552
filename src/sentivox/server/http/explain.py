"""POST /v1/explain: which words the sentiment of a transcript rests on."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sentivox.engine.backend import Backend
from sentivox.protocol.language import PATTERN, primary_tag
from sentivox.protocol.sentiment import DIGITS, Label
from sentivox.server.admission.limits import neighbourhood
from sentivox.server.admission.sessions import Owner
from sentivox.server.http.dependencies import (
    ENGINE,
    POSTED,
    Answers,
    engine_of,
    holder_of,
    our_page,
    problem,
    service_of,
)
from sentivox.server.http.small import small_body
from sentivox.server.service import Service
from sentivox.stream.jobs import Failed, TextJob
from sentivox.stream.scoring import sentiment_of
from sentivox.text.occlusion import pieces, without
from sentivox.types import SENTIMENTS, UNDETERMINED, TextScores

router = APIRouter()

MAX_TEXT: Final = 2000
"""Most characters of a text: several times the longest utterance."""

STREAM: Final = "explanations"
"""Name under which the jobs of all explanations queue. So all of them together have one turn among
the streams, and delay each by one call of the text model at most."""

_NEGATIVE: Final = SENTIMENTS.index("negative")
_POSITIVE: Final = SENTIMENTS.index("positive")

_EXPLAINED: Answers = {
    **POSTED,
    **ENGINE,
    408: problem("The body is too slow"),
    413: problem("Too large"),
    422: problem("An invalid body"),
}


class Asked(BaseModel):
    """A text to explain."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str, Field(min_length=1, max_length=MAX_TEXT, description="A transcript.")
    ]  # fmt: skip
    language: Annotated[
        str,
        Field(
            pattern=f"^({PATTERN})$",
            description="Its language: a tag such as en or zh-CN, or auto for that of its script.",
        ),
    ] = "auto"


class Word(BaseModel):
    """A word of the text, or a phrase of a text of more than 60 words."""

    word: Annotated[str, Field(description="The word as it is written.")]
    start: Annotated[int, Field(description="Its first character in the text, from 0.")]
    end: Annotated[int, Field(description="The character after its last.")]
    effect: Annotated[
        float,
        Field(
            description="What it adds to the log-odds of positive against negative: -0.69 if it"
            " makes negative twice as likely against positive as the text without it."
        ),
    ]


class Explanation(BaseModel):
    """What the sentiment of a text rests on."""

    score: Annotated[float | None, Field(description="The score of the text, -1…1, or null.")]
    label: Annotated[Label, Field(description="The label for the score.")]
    words: list[Word]
    unscored: Annotated[
        str | None,
        Field(
            description="Why there is no score: no_words, or no_text_model_for_ko and the like, as"
            " in Utterance.degraded. Otherwise null."
        ),
    ] = None


@router.post(
    "/v1/explain",
    responses=_EXPLAINED,
    dependencies=[Depends(our_page)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Asked.model_json_schema()}},
        }
    },
)
async def explain(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    engine: Annotated[Backend, Depends(engine_of)],
    holder: Annotated[str, Depends(holder_of)],
) -> Explanation:
    """Say how each word of a transcript affects its sentiment, by the text model alone.

    The text is scored without each of its words in turn. A text of more than 60 words is taken in
    60 phrases or fewer. Nothing is stored.
    """
    address = neighbourhood(request.client.host if request.client is not None else "")
    async with service.uploads.admitted(Owner(holder, address)):
        asked = _read(await small_body(request, service.settings))
        parts = pieces(asked.text)
        if not parts:
            return _unscored("no_words")
        texts = [asked.text, *without(asked.text, parts)]
        scored = await _scored(engine, texts, primary_tag(asked.language) or UNDETERMINED)
    if isinstance(scored, Failed):
        return _unscored(scored.reason)
    whole, *others = scored
    words = [
        Word(
            word=asked.text[at.start : at.end],
            start=at.start,
            end=at.end,
            effect=round(_log_odds(whole) - _log_odds(other), DIGITS),
        )
        for at, other in zip(parts, others, strict=True)
    ]
    sentiment = sentiment_of(whole.sentiment)
    return Explanation(score=sentiment.score, label=sentiment.label, words=words)


def _log_odds(scores: TextScores) -> float:
    """The log-odds of positive against negative.

    Unlike the score, they do not saturate: of two angry words, each still has its effect.
    """
    return float(scores.sentiment[_POSITIVE] - scores.sentiment[_NEGATIVE])


def _unscored(why: str) -> Explanation:
    return Explanation(score=None, label="unclear", words=[], unscored=why)


def _read(body: bytes) -> Asked:
    """Read the body.

    Raises:
        RequestValidationError: It is no such JSON.
    """
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in found]) from None


async def _scored(engine: Backend, texts: list[str], language: str) -> list[TextScores] | Failed:
    """Score texts by the text model of a language; `Failed` if there is none.

    Raises:
        HTTPException: 503, the model fails, or the server shuts down.
    """
    jobs = [
        TextJob(id=number, channel=0, utterance_id=0, text=text, language=language)
        for number, text in enumerate(texts)
    ]
    waiting = [asyncio.wrap_future(engine.submit(job, stream=STREAM)) for job in jobs]
    scored: list[TextScores] = []
    for result in await asyncio.gather(*waiting):
        match result.value:
            case TextScores():
                scored.append(result.value)
            case Failed(reason) if reason.startswith("no_text_model"):
                return Failed(reason)
            case _:
                raise HTTPException(503, "the text model fails; try again", {"Retry-After": "5"})
    return scored
