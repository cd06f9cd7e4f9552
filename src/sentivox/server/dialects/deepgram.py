"""Deepgram's live API, with the sentiment that its own has for recordings alone.

https://developers.deepgram.com/reference/speech-to-text/listen-streaming

Every final result has `sentiment` and `sentiment_score` on its alternative and words, with the
names and the limits of their API for recordings, and `sentivox` with all that this server knows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import msgspec

from sentivox.errors import ProtocolError
from sentivox.protocol import close_codes
from sentivox.protocol.commands import CloseStream, Finalize, KeepAlive
from sentivox.protocol.events import (
    Error,
    Event,
    InterimTranscript,
    SpeechEnded,
    SpeechStarted,
    Termination,
    Utterance,
)
from sentivox.server.dialects.deepgram_words import MODEL, feeling, word_of
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.objects import write_object
from sentivox.server.dialects.opening import (
    Agreed,
    Call,
    Denial,
    Opening,
    Refusal,
    StreamProtocol,
)
from sentivox.server.dialects.readings import sentiment
from sentivox.server.dialects.v1 import UnknownControl, WrappedAudio
from sentivox.server.negotiation import StreamRequest, from_query
from sentivox.stream.config import StreamConfig

_ENCODINGS: Final = {
    "linear16": "linear16",
    "mulaw": "mulaw",
    "alaw": "alaw",
    "linear32": "linear32f",
}

_ENDPOINTS_MS: Final = (200, 10_000)
"""Values of `endpointing` that are taken; others have the nearest. Deepgram's own default, 10 ms,
would cut sentences to pieces too short to have a sentiment."""

_CODES: Final = {
    close_codes.IDLE: (1011, "NET-0001"),
    close_codes.BUG: (1011, "NET-0000"),
    close_codes.BAD_FORMAT: (1008, "DATA-0000"),
    close_codes.REFUSED: (1008, "DATA-0000"),
}
"""Close code and name of an end that is no normal one."""

_STATUSES: Final = {
    "unauthorized": (401, "INVALID_AUTH"),
    "origin": (403, "INSUFFICIENT_PERMISSIONS"),
    "too_many_streams": (429, "TOO_MANY_REQUESTS"),
    "full": (503, "SERVICE_UNAVAILABLE"),
    "not_ready": (503, "SERVICE_UNAVAILABLE"),
}
"""HTTP status and code for reasons to refuse a stream; 400 and "Bad Request" for all others."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What results a client asks for."""

    interim: bool
    vad_events: bool
    utterance_end: bool


class Deepgram:
    """The dialect of one stream.

    Args:
        request_id: Id of the request, as the answer to the handshake had it.
        request: The stream.
        asked: What results the client asks for.
    """

    name = "deepgram"
    resumes = False
    outlives = False
    idle_s = 10.0
    audio_in_text = False

    def __init__(self, request_id: str, request: StreamRequest, asked: Asked) -> None:
        self._request_id = request_id
        self._channels = request.format.channels
        self._asked = asked
        self._created = datetime.now(UTC)
        self._sha256 = hashlib.sha256()
        self._open: set[tuple[int, int]] = set()  # utterances without their final result
        self._finalized: set[tuple[int, int]] = set()

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or a control message."""
        if isinstance(frame, bytes):
            self._sha256.update(frame)
            return [frame]
        try:
            message = msgspec.json.decode(frame, type=_Message)
        except (msgspec.DecodeError, RecursionError):
            raise WrappedAudio("a text message that is no control message") from None
        match message.type:
            case "KeepAlive":
                return [KeepAlive()]
            case "CloseStream":
                return [CloseStream()]
            case "Finalize" if self._open:
                return [Finalize()]
            case "Finalize":  # clients wait for a result that says so
                return [Finalize(), Reply(self._result(0, "", [], finalized=True))]
            case other:
                raise UnknownControl(f"unknown message type {other[:40]!r}")

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event as Results, SpeechStarted, UtteranceEnd or Metadata."""
        match event:
            case SpeechStarted():
                self._open.add((event.channel, event.utterance_id))
                return [self._started(event)] if self._asked.vad_events else []
            case SpeechEnded(discarded=True):
                self._open.discard((event.channel, event.utterance_id))
            case SpeechEnded(reason="finalize"):
                self._finalized.add((event.channel, event.utterance_id))
            case InterimTranscript() if self._asked.interim:
                return [self._interim(event)]
            case Utterance(final=True):
                return self._final(event)
            case Termination():
                return [self._metadata(event.audio_seconds)]
            case _:
                pass
        return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """The close code of Deepgram, and its name before the reason."""
        if code not in _CODES:
            return code, reason
        theirs, name = _CODES[code]
        return theirs, f"{name}: {reason}"

    def _final(self, said: Utterance) -> list[Frame]:
        place = said.channel, said.utterance_id
        self._open.discard(place)
        words = [word_of(word, said) for word in said.words or ()]
        result = self._result(
            said.channel,
            said.transcript or "",
            words,
            span=(said.start, said.end),
            confidence=said.asr_confidence,
            finalized=place in self._finalized,
            more={**feeling(said.fused_score), "sentivox": sentiment(said)},
        )
        self._finalized.discard(place)
        if not self._asked.utterance_end:
            return [result]
        ended = {"type": "UtteranceEnd", "channel": self._index(said.channel),
                 "last_word_end": said.words[-1].end if said.words else said.end}  # fmt: skip
        return [result, write_object(ended)]

    def _interim(self, event: InterimTranscript) -> Frame:
        return self._result(
            event.channel,
            event.transcript,
            [],
            span=(event.start, event.end),
            confidence=event.asr_confidence,
            final=False,
        )

    def _result(
        self,
        channel: int,
        transcript: str,
        words: Sequence[dict[str, Any]],
        *,
        span: tuple[float, float] = (0.0, 0.0),
        confidence: float | None = None,
        final: bool = True,
        finalized: bool = False,
        more: dict[str, Any] | None = None,
    ) -> Frame:
        start, end = span
        alternative = {"transcript": transcript, "confidence": confidence or 0.0, "words": words}
        return write_object(
            {
                "type": "Results",
                "channel_index": self._index(channel),
                "duration": round(end - start, 3),
                "start": start,
                "is_final": final,
                "speech_final": final,
                "from_finalize": finalized,
                "channel": {"alternatives": [alternative | (more or {})]},
                "metadata": {
                    "request_id": self._request_id,
                    "model_uuid": self._request_id,
                    "model_info": MODEL,
                },
            }
        )

    def _started(self, event: SpeechStarted) -> Frame:
        return write_object(
            {
                "type": "SpeechStarted",
                "channel": self._index(event.channel),
                "timestamp": event.start,
            }
        )

    def _metadata(self, seconds: float) -> Frame:
        return write_object(
            {
                "type": "Metadata",
                "transaction_key": "deprecated",
                "request_id": self._request_id,
                "sha256": self._sha256.hexdigest(),
                "created": self._created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "duration": round(seconds, 3),
                "channels": self._channels,
            }
        )

    def _index(self, channel: int) -> list[int]:
        return [channel, self._channels]


class _Message(msgspec.Struct, frozen=True):
    type: str


def opening(call: Call) -> Opening:
    """A stream as the query asks for it; parameters without a meaning here are ignored."""
    yield from ()
    query, request_id = call.query, str(uuid4())
    encoding = query.get("encoding")
    if encoding is None:
        raise ProtocolError(
            "live audio comes without a container here: name its encoding and sample_rate, or POST"
            " the file to this address"
        )
    if encoding not in _ENCODINGS:
        raise ProtocolError(
            f"encoding {encoding[:40]!r} is not known: use one of {', '.join(_ENCODINGS)}"
        )
    language = query.get("language", "")
    ours = {
        "encoding": _ENCODINGS[encoding],
        "language": "auto" if language == "multi" else language,
        "words": "true",
        "interim": query.get("interim_results", ""),
        **{name: query.get(name, "") for name in ("sample_rate", "channels")},
        "tags": query.get("tag", ""),
    }
    request = from_query({name: value for name, value in ours.items() if value}, call.default)
    request = replace(request, config=_endpointing(request.config, query.get("endpointing")))
    asked = Asked(
        interim=request.config.interim,
        vad_events=query.get("vad_events") == "true",
        utterance_end="utterance_end_ms" in query,
    )
    dialect = Deepgram(request_id, request, asked)
    return Agreed(request, dialect, headers={"dg-request-id": request_id})


def refusal(error: Error, code: int) -> Refusal:
    """The close frame alone."""
    theirs, name = _CODES.get(code, (code, error.code))
    return Refusal((), theirs, f"{name}: {error.message}")


def denial(error: Error) -> Denial:
    """Their answer to a handshake that fails: what is wrong, in the body and in a header."""
    status, code = _STATUSES.get(error.code, (400, "Bad Request"))
    request_id = str(uuid4())
    headers = {
        "content-type": "application/json",
        "dg-request-id": request_id,
        "dg-error": error.message.encode("ascii", "replace").decode(),
    }
    if error.retry_after_s is not None:
        headers["retry-after"] = f"{error.retry_after_s:.0f}"
    body = {"err_code": code, "err_msg": error.message, "request_id": request_id}
    return Denial(status, headers, msgspec.json.encode(body))


PROTOCOL: Final = StreamProtocol("deepgram", ("/v1/listen",), opening, refusal, denial)


def _endpointing(config: StreamConfig, milliseconds: str | None) -> StreamConfig:
    """The config with the silence that ends an utterance, as the client wants it."""
    if not milliseconds or milliseconds == "true":
        return config
    least, most = _ENDPOINTS_MS
    if milliseconds == "false":
        wanted = most
    elif milliseconds.isascii() and milliseconds.isdigit():
        wanted = min(max(int(milliseconds[:9]), least), most)
    else:
        raise ProtocolError(f"endpointing {milliseconds[:40]!r} is neither milliseconds nor false")
    return replace(config, endpoint=replace(config.endpoint, silence_s=wanted / 1000))
