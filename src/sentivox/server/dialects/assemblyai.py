"""AssemblyAI's streaming API, version 3, with the sentiment of each turn.

https://www.assemblyai.com/docs/api-reference/streaming-api

A turn is an utterance, and has `sentiment`. Their client drops keys that it does not know, so who
asks for `llm_gateway` gets the sentiment as `LLMGatewayResponse` too, whose `data` is passed on.
"""

import math
import time
from collections.abc import Sequence
from typing import Any, Final

from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream, Finalize, KeepAlive
from sentivox.protocol.events import (
    Begin,
    Error,
    Event,
    InterimTranscript,
    SpeechStarted,
    Termination,
    Utterance,
)
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.protocol.words import Word
from sentivox.server.dialects.dialect import Frame, Said
from sentivox.server.dialects.objects import read_object, typed
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.readings import sentiment
from sentivox.server.dialects.v1 import UnknownControl
from sentivox.server.negotiation import from_query

_ENCODINGS: Final = {"pcm_s16le": "linear16", "pcm_mulaw": "mulaw"}

_IDLE_S: Final = (5.0, 3600.0)
"""Least and most seconds of `inactivity_timeout`."""


class AssemblyAI:
    """The dialect of one stream.

    Args:
        gateway: Whether the client asks for `LLMGatewayResponse`.
        idle_s: Seconds without a message after which the stream ends.
    """

    name = "assemblyai"
    resumes = False
    outlives = False
    audio_in_text = False

    def __init__(self, *, gateway: bool, idle_s: float) -> None:
        self.idle_s = idle_s
        self._gateway = gateway
        self._orders: dict[int, int] = {}  # of turns, by utterance
        self._began = time.monotonic()

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or a control message."""
        if isinstance(frame, bytes):
            return [frame]
        match read_object(frame, 'a text message is JSON such as {"type": "Terminate"}').get(
            "type"
        ):
            case "Terminate":
                return [CloseStream()]
            case "ForceEndpoint":
                return [Finalize()]
            case "KeepAlive" | "UpdateConfiguration":
                return [KeepAlive()]
            case other:
                raise UnknownControl(f"unknown message type {str(other)[:40]!r}")

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event as Begin, SpeechStarted, Turn, Warning, Error or Termination."""
        match event:
            case Begin():
                expires = int(time.time() + (event.limits.max_session_seconds or 0.0))
                frames = [typed("Begin", id=event.session_id, expires_at=expires)]
            case SpeechStarted():
                self._order(event.utterance_id)
                frames = [typed("SpeechStarted", timestamp=round(1000 * event.start))]
            case InterimTranscript():
                frames = [self._turn(event, [], ended=False)]
            case Utterance(final=True) if event.transcript:
                frames = self._final(event)
            case WarningEvent():
                frames = [typed("Warning", warning_code=0, warning=event.message)]
            case Error():
                frames = [typed("Error", error=event.message)]
            case Termination():
                frames = [self._termination(event.audio_seconds)]
            case _:
                frames = []
        return frames

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are."""
        return code, reason

    def _termination(self, audio_s: float) -> Frame:
        return typed(
            "Termination",
            audio_duration_seconds=round(audio_s),
            session_duration_seconds=round(time.monotonic() - self._began),
        )

    def _order(self, utterance_id: int) -> int:
        return self._orders.setdefault(utterance_id, len(self._orders))

    def _final(self, said: Utterance) -> list[Frame]:
        felt = sentiment(said)
        turn = self._turn(
            said,
            [_word(word) for word in said.words or ()],
            ended=True,
            sentiment=felt,
            speaker_label=said.speaker,
        )
        if not self._gateway:
            return [turn]
        answer = typed(
            "LLMGatewayResponse",
            turn_order=self._order(said.utterance_id),
            transcript=said.transcript,
            data={"sentiment": felt},
        )
        return [turn, answer]

    def _turn(
        self,
        said: InterimTranscript | Utterance,
        words: Sequence[dict[str, Any]],
        *,
        ended: bool,
        **more: Any,  # noqa: ANN401
    ) -> Frame:
        return typed(
            "Turn",
            turn_order=self._order(said.utterance_id),
            turn_is_formatted=ended,
            end_of_turn=ended,
            transcript=said.transcript or "",
            end_of_turn_confidence=1.0 if ended else 0.0,
            words=words,
            language_code=said.language,
            **more,
        )


def opening(call: Call) -> Opening:
    """A stream as the query asks for it; parameters without a meaning here are ignored."""
    yield from ()
    query = call.query
    encoding = query.get("encoding", "pcm_s16le")
    if encoding not in _ENCODINGS:
        raise ProtocolError(
            f"encoding {encoding[:40]!r} is not known: use one of {', '.join(_ENCODINGS)}"
        )
    asked = {
        "encoding": _ENCODINGS[encoding],
        "sample_rate": query.get("sample_rate", ""),
        "language": query.get("language_code", ""),
        "words": "true",
        "interim": "false" if query.get("include_partial_turns", "").lower() == "false" else "true",
    }
    request = from_query({name: value for name, value in asked.items() if value}, call.default)
    wanted = query.get("inactivity_timeout", "")
    idle_s = math.inf
    if wanted.isascii() and wanted.isdigit():
        idle_s = min(max(float(wanted[:9]), _IDLE_S[0]), _IDLE_S[1])
    return Agreed(request, AssemblyAI(gateway="llm_gateway" in query, idle_s=idle_s))


def refusal(error: Error, code: int) -> Refusal:
    """An error, and its message once more in the close frame."""
    return Refusal((typed("Error", error=error.message),), code, error.message)


PROTOCOL: Final = StreamProtocol(
    "assemblyai", ("/v3/ws",), opening, refusal, key_header="authorization"
)


def _word(word: Word) -> dict[str, Any]:
    return {
        "text": word.word,
        "start": round(1000 * word.start),
        "end": round(1000 * word.end),
        "confidence": word.confidence or 0.0,
        "word_is_final": True,
    }
