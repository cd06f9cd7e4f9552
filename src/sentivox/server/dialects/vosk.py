"""The protocol of vosk-server, with sentiment as further keys of its results.

https://github.com/alphacep/vosk-server/blob/master/websocket/asr_server.py

Clients send and receive in lock-step: every binary message gets exactly one answer, which is sent
at once. It is the next utterance that is final, or else what is known of the one in progress.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec

from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream
from sentivox.protocol.events import (
    Error,
    Event,
    InterimTranscript,
    SpeechStarted,
    Summary,
    Termination,
    Utterance,
)
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.objects import read_object, write_object
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.readings import sentiment
from sentivox.server.negotiation import from_query

_RATE: Final = 8_000
"""Sample rate of a client that names none, in Hz."""

_MOST_ALTERNATIVES: Final = 1_000

_EXPECTED: Final = 'a text message is {"config": …} or {"eof": 1}'


class Settings(msgspec.Struct, frozen=True):
    """The settings of a client that this server heeds; others, such as phrases, are ignored.

    `words` is on by default, because vosk-transcriber makes subtitles of them and asks for nothing.
    """

    sample_rate: Annotated[float, msgspec.Meta(gt=0, lt=1e6)] | None = None
    words: bool = True
    max_alternatives: int = 0


class Vosk:
    """The dialect of one stream.

    Args:
        settings: What the client asks for.
    """

    name = "vosk"
    resumes = False
    outlives = False
    idle_s = math.inf
    audio_in_text = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._final: deque[Utterance] = deque()
        self._partial = ""
        self._overall: Any = None

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, which is answered at once, or `{"eof": 1}`.

        Settings that come after the first audio are ignored, as formats cannot change then.
        """
        if isinstance(frame, bytes):
            return [Reply(self._now()), frame]
        message = _parsed(frame)
        if message.get("eof"):
            return [CloseStream()]
        if "config" in message:
            return []
        raise ProtocolError(_EXPECTED)

    def write(self, event: Event) -> Sequence[Frame]:
        """Keep what an event says for the next answer; the last one is sent at the end."""
        match event:
            case Utterance(final=True):
                self._final.append(event)
            case SpeechStarted():
                self._partial = ""
            case InterimTranscript():
                self._partial = event.transcript
            case Summary():
                self._overall = event.overall
            case Termination():
                return [self._rest()]
            case _:
                pass
        return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are: clients only see that the socket was closed."""
        return code, reason

    def _now(self) -> str:
        if not self._final:
            return write_object({"partial": self._partial})
        self._partial = ""
        return write_object(self._result(self._final.popleft()))

    def _rest(self) -> str:
        """The answer to the end: everything that was not told yet, and the whole conversation."""
        rest = [self._result(utterance) for utterance in self._final]
        last = {
            "text": " ".join(filter(None, (each.get("text") for each in rest))),
            "result": [word for each in rest for word in each.get("result", [])],
            "utterances": rest,
            "summary": self._overall,
        }
        return write_object(last if len(rest) != 1 else last | rest[0])

    def _result(self, utterance: Utterance) -> dict[str, Any]:
        words = [
            {"conf": w.confidence or 0.0, "start": w.start, "end": w.end, "word": w.word}
            for w in utterance.words or ()
        ]
        told: dict[str, Any] = {"text": utterance.transcript or ""}
        if self._settings.words and words:
            told["result"] = words
        if 0 < self._settings.max_alternatives <= _MOST_ALTERNATIVES:
            told = {"alternatives": [{"confidence": utterance.asr_confidence or 0.0, **told}]}
        return told | {
            "start": utterance.start,
            "end": utterance.end,
            "speaker": utterance.speaker,
            "sentiment": sentiment(utterance),
        }


def opening(call: Call) -> Opening:
    """A stream as the first message says, if that is settings; the query may have our options."""
    frame: Frame | None = yield ()
    settings = Settings()
    if isinstance(frame, str) and "config" in (message := _parsed(frame)):
        try:
            settings, frame = msgspec.convert(message["config"], Settings), None
        except msgspec.ValidationError as error:
            raise ProtocolError(f"config: {error}") from None
    asked = {"sample_rate": str(_RATE), "words": "true", "interim": "true", **call.query}
    request = from_query(asked, call.default)
    if settings.sample_rate is not None:
        audio = replace(request.format, sample_rate=round(settings.sample_rate))
        request = replace(request, format=audio)
    return Agreed(replace(request, resume=None), Vosk(settings), frame)


def refusal(error: Error, code: int) -> Refusal:
    """Nothing but the close frame: a client would take any message for a result."""
    return Refusal((), code, error.message)


PROTOCOL: Final = StreamProtocol("vosk", ("/vosk",), opening, refusal)


def _parsed(text: str) -> dict[str, Any]:
    return read_object(text, _EXPECTED)
