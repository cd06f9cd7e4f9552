"""Wyoming, Home Assistant's protocol for voice services, with sentiment as further keys.

https://github.com/OHF-Voice/wyoming

A frame is an event as `wyoming_events` writes it. One connection holds any number of rounds, from
`audio-start` to `audio-stop`, and each is a stream. Between them a client may ask what there is.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from sentivox._version import __version__
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream
from sentivox.protocol.events import Error, Event, Summary, Termination, Utterance
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal
from sentivox.server.dialects.readings import sentiment
from sentivox.server.dialects.wyoming_events import Count, WyomingEvent, read_event, write_event
from sentivox.server.negotiation import StreamRequest, chosen

END: Final = "audio-stop"
"""Type of the event that ends a round."""

_WIDTH: Final = 2
"""Bytes of a sample. Wyoming's other widths are integers of 8, 24 and 32 bits."""


class _Format(msgspec.Struct, frozen=True):
    """The format of a round's audio; `rate` in Hz, `width` in bytes of a sample."""

    rate: Count
    width: Count
    channels: Count


class _Transcribe(msgspec.Struct, frozen=True):
    """What a client asks for; the model's `name` and the other keys make no difference."""

    language: str | None = None


_Asked = TypeVar("_Asked", _Format, _Transcribe)


class Wyoming:
    """The dialect of one round.

    Args:
        audio: Format of its audio.
        language: Language of its speech; None if it is to be detected.
        engine: Of which the client may ask what it has.
    """

    name = "wyoming"
    resumes = False
    outlives = False
    idle_s = math.inf
    audio_in_text = False

    def __init__(self, audio: _Format, language: str | None, engine: Backend) -> None:
        self._engine = engine
        self._audio = audio
        self._language = language
        self._said: list[Utterance] = []
        self._overall: Any = None
        self._streaming = False

    def read(self, frame: Frame) -> Said:
        """Decode an event: audio, its end, or a question."""
        event = _event(frame)
        match event.type:
            case "audio-chunk":
                if _read(event, _Format) != self._audio:
                    raise ProtocolError("audio-chunk: the format is not that of audio-start")
                return [event.payload]
            case "audio-stop":
                return [CloseStream()]
            case _:
                return [Reply(frame) for frame in _answer(event, self._engine)]

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event: a part of the transcript, or all of it, or what is wrong."""
        match event:
            case Utterance(final=True):
                return self._chunk(event)
            case Summary():
                self._overall = event.overall
            case Termination():
                return [*self._start(), self._transcript(), write_event("transcript-stop")]
            case Error():
                return [write_event("error", text=event.message, code=event.code)]
            case _:
                pass
        return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are: clients only see that the connection was closed."""
        return code, reason

    def _start(self) -> list[Frame]:
        """The beginning of the transcript, if it was not sent yet."""
        if self._streaming:
            return []
        self._streaming = True
        return [write_event("transcript-start", **self._spoken())]

    def _chunk(self, utterance: Utterance) -> list[Frame]:
        """The words of an utterance, so that the chunks together are the text of all."""
        self._said.append(utterance)
        if not utterance.transcript:
            return []
        text = f" {utterance.transcript}" if self._streaming else utterance.transcript
        return [*self._start(), write_event("transcript-chunk", text=text)]

    def _transcript(self) -> Frame:
        utterances = [
            {"start": u.start, "end": u.end, "text": u.transcript or "", "sentiment": sentiment(u)}
            for u in self._said
        ]
        return write_event(
            "transcript",
            text=" ".join(u.transcript for u in self._said if u.transcript),
            sentiment=self._overall,
            utterances=utterances,
            **self._spoken(),
        )

    def _spoken(self) -> dict[str, str]:
        """The language that was spoken, as far as it is known."""
        tags = Counter(utterance.language for utterance in self._said if utterance.language)
        tag = tags.most_common(1)[0][0] if tags else self._language
        return {} if tag is None else {"language": tag}


def opening(call: Call, engine: Backend) -> Opening:
    """A round as `audio-start` and the last `transcribe` before it say; questions come first."""
    asked, frames = _Transcribe(), list[Frame]()
    while True:
        event = _event((yield frames))
        frames = []
        match event.type:
            case "transcribe":
                asked = _read(event, _Transcribe)
            case "audio-start":
                return _agreed(call, engine, _read(event, _Format), asked)
            case "audio-chunk" | "audio-stop":
                raise ProtocolError(f"{event.type} comes before audio-start: send that first")
            case _:
                frames = _answer(event, engine)


def refusal(error: Error, code: int) -> Refusal:
    """The error as an event; then the connection is closed."""
    return Refusal([write_event("error", text=error.message, code=error.code)], code, error.message)


def _agreed(call: Call, engine: Backend, audio: _Format, asked: _Transcribe) -> Agreed:
    if audio.width != _WIDTH:
        raise ProtocolError(
            f"audio-start: width {audio.width} is not supported: send samples of 16 bits (width"
            f" {_WIDTH})"
        )
    config = call.default
    if asked.language:
        config = chosen(config, {"language": asked.language})
    request = StreamRequest(AudioFormat("linear16", audio.rate, audio.channels), config)
    return Agreed(request, Wyoming(audio, config.language, engine))


def _event(frame: Frame) -> WyomingEvent:
    assert isinstance(frame, bytes)  # noqa: S101  (narrows the type: there are no others)
    return read_event(frame)


def _read(event: WyomingEvent, kind: type[_Asked]) -> _Asked:
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"{event.type}: {error}") from None


def _answer(event: WyomingEvent, engine: Backend) -> list[Frame]:
    """The answer to a question; the protocol has other events ignored."""
    match event:
        case WyomingEvent(type="describe"):
            return [_info(engine)]
        case WyomingEvent(type="ping", data={"text": str(text)}):
            return [write_event("pong", text=text)]
        case WyomingEvent(type="ping"):
            return [write_event("pong")]
        case _:
            return []


def _info(engine: Backend) -> Frame:
    """What there is: one program with one model, "installed" if there is a recogniser."""
    about = {
        "attribution": {"name": "Sentivox", "url": ""},
        "installed": bool(engine.languages),
        "version": __version__,
    }
    model = {
        "name": engine.describe()["asr"] or "none",
        "description": "Speech recognition with the sentiment of words and tone",
        "languages": sorted(engine.languages),
        **about,
    }
    program = {
        "name": "sentivox",
        "description": "What is said, and how the speaker feels",
        "models": [model],
        "supports_transcript_streaming": True,
        **about,
    }
    return write_event("info", asr=[program])
