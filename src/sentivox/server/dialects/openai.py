"""OpenAI's Realtime API for transcription, with sentiment as further keys.

https://platform.openai.com/docs/guides/realtime-transcription

Its clients take messages of types that they do not know for others, so the sentiment is part of
`conversation.item.input_audio_transcription.completed`: `sentiment` of an utterance, and
`utterances` of all that a commit holds. The shapes of the beta are understood too.
"""

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError
from sentivox.protocol.commands import Finalize, GetSummary
from sentivox.protocol.events import (
    Error,
    Event,
    SpeechEnded,
    SpeechStarted,
    Summary,
    Termination,
    Utterance,
)
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.objects import read_object, write_object
from sentivox.server.dialects.openai_session import Wanted
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.readings import sentiment

_UPDATES: Final = ("session.update", "transcription_session.update")

_TRANSCRIPTION: Final = "conversation.item.input_audio_transcription"


@dataclass(slots=True)
class _Item:
    """What a commit holds: the speech that began before `until`, in seconds of audio."""

    name: str
    since: float
    until: float
    heard: bool = False  # whether all of it has been analysed but for open utterances
    said: list[Utterance] = field(default_factory=list[Utterance])


class Realtime:
    """The dialect of one stream.

    Args:
        wanted: The client's settings.
        session_id: Id of the session, as `session.created` had it.
        audio: Format of the stream's audio.
    """

    name = "openai"
    resumes = False
    outlives = False
    idle_s = math.inf
    audio_in_text = True

    def __init__(self, wanted: Wanted, session_id: str, audio: AudioFormat) -> None:
        self._wanted = wanted
        self._session_id = session_id
        self._rate = audio.sample_rate * audio.frame_bytes
        self._taken = 0  # bytes of audio
        self._since = 0.0
        self._items: list[_Item] = []
        self._open: dict[int, float] = {}  # utterances without their final result -> their starts
        self._loose: list[Utterance] = []  # of no commit yet
        self._previous: str | None = None

    def read(self, frame: Frame) -> Said:
        """Decode a message; those that are wrong are answered with an error."""
        try:
            return self._read(_parsed(frame))
        except ProtocolError as error:
            return [Reply(_error("invalid_request_error", str(error)))]

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event: of each utterance, or of what a commit holds."""
        match event:
            case Error():
                return [_error(event.code, event.message)]
            case SpeechStarted():
                self._open[event.utterance_id] = event.start
                return self._started(event) if self._wanted.turns else []
            case SpeechEnded():
                return self._ended(event)
            case Utterance(final=True):
                return self._final(event)
            case Summary() | Termination():
                for item in self._items:
                    item.heard = item.heard or event.t >= item.until - 0.05
                return self._completed()
            case _:
                return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are."""
        return code, reason

    def _read(self, message: dict[str, Any]) -> Said:
        match message.get("type"):
            case "input_audio_buffer.append":
                audio = _decoded(message.get("audio"))
                self._taken += len(audio)
                return [audio]
            case "input_audio_buffer.commit":
                return self._commit()
            case "input_audio_buffer.clear":
                self._since = self._taken / self._rate
                return [Reply(_message("input_audio_buffer.cleared"))]
            case kind if kind in _UPDATES:  # formats cannot change any more: the answer says so
                self._wanted = replace(self._wanted, turns=self._wanted.updated(message).turns)
                return [Reply(_updated(self._wanted, self._session_id))]
            case other:
                raise ProtocolError(f"unknown message type {str(other)[:60]!r}")

    def _commit(self) -> Said:
        until = self._taken / self._rate
        if until - self._since < 0.1:
            raise ProtocolError(
                "the buffer has less than 100 ms of audio: append some, then commit"
            )
        since, self._since = self._since, until
        if self._wanted.turns:  # every utterance is an item of its own
            return [Finalize()]
        item = _Item(f"item_{uuid4().hex}", since, until)
        self._items.append(item)
        self._loose, loose = [], self._loose
        for utterance in loose:
            self._assign(utterance)
        # The Summary that is asked for comes when all audio before it has been analysed.
        return [Reply(self._committed(item.name)), Finalize(), GetSummary()]

    def _started(self, event: SpeechStarted) -> list[Frame]:
        return [
            _message(
                "input_audio_buffer.speech_started",
                audio_start_ms=round(1000 * event.start),
                item_id=_item_of(event.utterance_id),
            )
        ]

    def _ended(self, event: SpeechEnded) -> list[Frame]:
        if event.discarded:
            self._open.pop(event.utterance_id, None)
        if not self._wanted.turns:
            return self._completed()
        name = _item_of(event.utterance_id)
        stopped = _message(
            "input_audio_buffer.speech_stopped",
            audio_end_ms=round(1000 * event.end),
            item_id=name,
        )
        frames: list[Frame] = [stopped, self._committed(name)]
        if event.discarded:
            frames += _transcribed(name, [], event.end - event.start)
        return frames

    def _final(self, utterance: Utterance) -> list[Frame]:
        self._open.pop(utterance.utterance_id, None)
        if self._wanted.turns:
            seconds = utterance.end - utterance.start
            return _transcribed(_item_of(utterance.utterance_id), [utterance], seconds)
        self._assign(utterance)
        return self._completed()

    def _assign(self, utterance: Utterance) -> None:
        """Put an utterance to the commit that holds most of it, or keep it for the next."""
        middle = (utterance.start + utterance.end) / 2
        item = next((item for item in self._items if item.since <= middle < item.until), None)
        if item is not None:
            item.said.append(utterance)
        elif middle >= self._since:
            self._loose.append(utterance)

    def _completed(self) -> list[Frame]:
        """The results of the commits of which nothing is to come any more, in order."""
        frames: list[Frame] = []
        while self._items and self._items[0].heard:
            item = self._items[0]
            if any(start < item.until for start in self._open.values()):
                break
            self._items.pop(0)
            frames += _transcribed(item.name, item.said, item.until - item.since)
        return frames

    def _committed(self, name: str) -> Frame:
        previous, self._previous = self._previous, name
        return _message("input_audio_buffer.committed", item_id=name, previous_item_id=previous)


def opening(call: Call) -> Opening:
    """Settings until the first audio comes, each update answered."""
    session_id, wanted = f"sess_{uuid4().hex}", Wanted()
    created = _message("session.created", session=wanted.session(session_id))
    frame = yield (created,)
    while True:
        try:
            message = _parsed(frame)
            if message.get("type") not in _UPDATES:
                request = wanted.request(call)
                return Agreed(request, Realtime(wanted, session_id, request.format), frame)
            updated = wanted.updated(message)
            updated.request(call)  # what cannot be is told now, and not with the first audio
            wanted, answer = updated, _updated(updated, session_id)
        except ProtocolError as error:
            answer = _error("invalid_request_error", str(error))
        frame = yield (answer,)


def refusal(error: Error, code: int) -> Refusal:
    """An error, and its message once more in the close frame."""
    return Refusal((_error(error.code, error.message),), code, error.message)


PROTOCOL: Final = StreamProtocol("openai", ("/v1/realtime",), opening, refusal)


def _item_of(utterance_id: int) -> str:
    return f"item_{utterance_id}"


def _transcribed(name: str, said: Sequence[Utterance], seconds: float) -> list[Frame]:
    """The words of an item: once as all that is new, and once as final, with the sentiment."""
    text = " ".join(u.transcript for u in said if u.transcript)
    place = {"item_id": name, "content_index": 0}
    told = [
        {"start": u.start, "end": u.end, "transcript": u.transcript, "sentiment": sentiment(u)}
        for u in said
    ]
    delta = [_message(f"{_TRANSCRIPTION}.delta", **place, delta=text)] if text else []
    completed = _message(
        f"{_TRANSCRIPTION}.completed",
        **place,
        transcript=text,
        usage={"type": "duration", "seconds": round(max(seconds, 0.0), 3)},
        sentiment=told[0]["sentiment"] if len(told) == 1 else None,
        utterances=told,
    )
    return [*delta, completed]


def _updated(wanted: Wanted, session_id: str) -> Frame:
    return _message("session.updated", session=wanted.session(session_id))


def _error(code: str, message: str) -> Frame:
    kind = "server_error" if code in {"internal", "not_ready", "full"} else "invalid_request_error"
    return _message(
        "error",
        error={"type": kind, "code": code, "message": message, "param": None, "event_id": None},
    )


def _message(type: str, **fields: Any) -> str:  # noqa: A002, ANN401  (the wire's name)
    return write_object({"type": type, "event_id": f"event_{uuid4().hex}", **fields})


def _parsed(frame: Frame) -> dict[str, Any]:
    if isinstance(frame, bytes):
        raise ProtocolError("audio comes as base64 in input_audio_buffer.append, not as it is")
    return read_object(frame, 'a message is a JSON object such as {"type": "session.update", …}')


def _decoded(audio: object) -> bytes:
    if not isinstance(audio, str):
        raise ProtocolError("audio must be a string of base64")
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError("audio is not base64") from None
