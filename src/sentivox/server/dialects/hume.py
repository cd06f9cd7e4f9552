"""Hume's Expression Measurement over a WebSocket, for what this server can predict.

https://dev.hume.ai/expression-measurement

`expressions` are the emotions that the tone model knows, under Hume's names for them, and no
others. `sentivox` of a measurement and of the end of an utterance is all that this server says.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast
from uuid import uuid4

from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream, KeepAlive
from sentivox.protocol.events import (
    AudioSentiment,
    Error,
    Event,
    SpeechEnded,
    SpeechStarted,
    Termination,
    Utterance,
)
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.objects import read_object, typed
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.readings import sentiment
from sentivox.server.negotiation import from_query

_NAMES: Final = {
    "neutral": "neutral", "calm": "calmness", "happy": "joy", "sad": "sadness", "angry": "anger",
    "fearful": "fear", "disgust": "disgust", "surprised": "surprise",
}  # fmt: skip
"""Hume's names of our emotions."""

_CHANCE: Final = 1 / len(_NAMES)
"""Expressions are said to be present if they are likelier than by chance."""

_TIMER_MS: Final = (500, 10_000)
"""Least and most time between measurements; the least is the default, and that of the tone."""

_MOST_BYTES: Final = 320_000
"""Most bytes of a message of audio: ten seconds."""

_AUDIO: Final = {"type": "audio", "encoding": "s16le", "sample_rate": 16_000, "channels": 1}

_CODES: Final = {
    "bad_message": "message_invalid",
    "bad_request": "config_invalid",
    "frame_too_big": "message_too_large",
    "not_raw_audio": "invalid_audio_frame",
}
"""Their codes for ours; "internal_error" for all others."""

_ENDS: Final = {"closed": "client_request", "draining": "server_shutdown"}
"""Their reasons of an end for those of a Termination; "error" for all others."""

_MESSAGE: Final = 'a text message is JSON such as {"type": "session.close"}'


class Hume:
    """The dialect of one stream.

    Args:
        session_id: Id of the session, as `session.created` had it.
        timer_ms: Milliseconds of speech between measurements.
    """

    name = "hume"
    resumes = False
    outlives = False
    idle_s = math.inf
    audio_in_text = False

    def __init__(self, session_id: str, timer_ms: int) -> None:
        self._session_id = session_id
        self._timer_ms = timer_ms
        self._taken = 0  # bytes of audio
        self._frames = 0
        self._measured = 0
        self._utterances: dict[int, int] = {}  # their numbers by ours
        self._due: dict[int, float] = {}  # when the next measurement of an utterance is due
        self._wrong = False

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or the end. Settings cannot change any more."""
        if isinstance(frame, bytes):
            if not frame or len(frame) % 2 or len(frame) > _MOST_BYTES:
                problem = "a frame of audio has whole samples of 16 bits, of at most 10 s"
                return [Reply(_error("invalid_audio_frame", problem)), KeepAlive()]
            self._frames += 1
            self._taken += len(frame)
            return [frame]
        match read_object(frame, _MESSAGE).get("type"):
            case "session.close":
                return [CloseStream()]
            case "session.update":
                self._wrong = True
                problem = "session.update comes before the first audio"
                return [Reply(_error("config_invalid", problem, ends=True)), CloseStream()]
            case other:
                raise ProtocolError(f"unknown message type {str(other)[:40]!r}")

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event: of utterances, their measurements, errors and the end."""
        match event:
            case SpeechStarted():
                number = self._utterances.setdefault(event.utterance_id, len(self._utterances))
                self._due[event.utterance_id] = self._next(event.start)
                told = typed("utterance.start", utterance_id=number, **_ms(start=event.start))
            case AudioSentiment() if event.end >= self._due.get(event.utterance_id, math.inf):
                self._due[event.utterance_id] = self._next(event.end)
                told = self._measurement(event, event.emotions, "interval")
            case SpeechEnded(discarded=True):
                told = self._end(event, None)
            case Utterance(final=True):
                tone = event.audio_sentiment
                emotions = {} if tone is None else tone.emotions
                last = self._measurement(event, emotions, "speech_ended")
                return [last, self._end(event, _all_of(event))]
            case Error():
                self._wrong = self._wrong or event.fatal
                told = _error_of(event)
            case Termination():
                told = self._closed(_ENDS.get(event.reason, "error"))
            case _:
                return []
        return [told]

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are."""
        return code, reason

    def _next(self, after_s: float) -> float:
        """When a measurement is due again: tone comes about every 500 ms, the nearest counts."""
        return after_s + (self._timer_ms - _TIMER_MS[0] / 2) / 1000

    def _measurement(
        self, event: AudioSentiment | Utterance, emotions: Mapping[str, float], why: str
    ) -> Frame:
        number, self._measured = self._measured, self._measured + 1
        present = sorted(((-p, _NAMES[name]) for name, p in emotions.items() if p >= _CHANCE))
        return typed(
            "measurement.result",
            measurement_id=number,
            utterance_id=self._utterances.get(event.utterance_id, 0),
            **_ms(start=max(event.start, event.end - 10.0), end=event.end),
            trigger=why,
            expressions=[{"name": name, "probability": round(-p, 4)} for p, name in present],
            voice_attributes=[],
        )

    def _end(self, event: SpeechEnded | Utterance, told: dict[str, Any] | None) -> Frame:
        self._due.pop(event.utterance_id, None)
        return typed(
            "utterance.end",
            utterance_id=self._utterances.get(event.utterance_id, 0),
            **_ms(start=event.start, end=event.end),
            sentivox=told,
        )

    def _closed(self, reason: str) -> Frame:
        return typed(
            "session.closed",
            session_id=self._session_id,
            reason="error" if self._wrong else reason,
            received={"audio_duration_ms": self._taken // 32, "frames": self._frames},
            produced={"utterances": len(self._utterances), "measurements": self._measured},
        )


def opening(call: Call) -> Opening:
    """Settings until the first audio comes, each update answered; the query may have our own."""
    session_id, timer_ms = uuid4().hex, _TIMER_MS[0]
    asked = {**call.query, "encoding": "linear16", "sample_rate": "16000", "channels": "1"}
    request = from_query(asked | {"words": "true"}, call.default)
    created = {"session_id": session_id, "audio": _AUDIO, "measurement_timer_ms": timer_ms}
    frame = yield (typed("session.created", **created),)
    while isinstance(frame, str) and (message := read_object(frame, _MESSAGE)):
        if message.get("type") != "session.update":
            break
        timer_ms = _timer(message)
        updated = {"audio": _AUDIO, "measurement_timer_ms": timer_ms}
        frame = yield (typed("session.updated", **updated),)
    return Agreed(replace(request, resume=None), Hume(session_id, timer_ms), frame)


def refusal(error: Error, code: int) -> Refusal:
    """An error, and its message once more in the close frame."""
    return Refusal((_error_of(error),), code, error.message)


PROTOCOL: Final = StreamProtocol(
    "hume", ("/v1/expression/audio/realtime",), opening, refusal, key_header="x-hume-api-key"
)


def _timer(message: Mapping[str, Any]) -> int:
    """The time between measurements that a client asks for.

    Raises:
        ProtocolError: It cannot be, or the audio has another format.
    """
    audio = message.get("audio")
    theirs = cast("dict[str, Any]", audio) if isinstance(audio, dict) else {}
    if (audio and not theirs) or any(_AUDIO.get(k, v) != v for k, v in theirs.items()):
        raise ProtocolError("audio must be s16le at 16000 Hz with 1 channel")
    timer_ms, (least, most) = message.get("measurement_timer_ms"), _TIMER_MS
    if timer_ms is None:
        return least
    if not isinstance(timer_ms, int) or not least <= timer_ms <= most:
        raise ProtocolError(f"measurement_timer_ms must be {least} to {most}")
    return timer_ms


def _all_of(said: Utterance) -> dict[str, Any]:
    return {"transcript": said.transcript, "speaker": said.speaker, "sentiment": sentiment(said)}


def _ms(**seconds: float) -> dict[str, int]:
    return {f"audio_{name}_ms": round(1000 * value) for name, value in seconds.items()}


def _error_of(error: Error) -> Frame:
    return _error(_CODES.get(error.code, "internal_error"), error.message, ends=error.fatal)


def _error(code: str, message: str, *, ends: bool = False) -> Frame:
    return typed("error", code=code, message=message, retryable=not ends)
