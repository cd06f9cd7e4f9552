"""The protocol of xiaozhi devices (ESP32 voice assistants), with the speaker's sentiment.

https://github.com/78/xiaozhi-esp32/blob/main/docs/websocket_zh.md

The emotion that a device shows (`llm`) is its speaker's. The server listens and does not answer, so
there is no speech for the device to play.
"""

import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import msgspec

from sentivox.audio.opus import DECODED, OpusDecoder
from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream, Finalize
from sentivox.protocol.events import Begin, Error, Event, Utterance
from sentivox.protocol.options import TAG_PATTERN
from sentivox.server.dialects.dialect import Frame, Reply, Said
from sentivox.server.dialects.objects import read_object, write_object
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.readings import sentiment
from sentivox.server.dialects.v1 import UnknownControl
from sentivox.server.dialects.xiaozhi_emotions import EMOJIS, emotion_of
from sentivox.server.negotiation import from_query

_VERSIONS: Final = ("1", "2", "3")
_HEADERS: Final = {"2": struct.Struct(">2xH8xI"), "3": struct.Struct(">BxH")}
"""The kind and the length of the payload that follows, by version; version 1 has no header."""

_AUDIO, _JSON = 0, 1
"""The kinds of payload."""

_HELLO: Final = 'the first message is a hello: {"type": "hello", "audio_params": {…}, …}'
_EXPECTED: Final = 'a message is a JSON object such as {"type": "listen", "state": "start"}'

_SPOKEN: Final = {"format": "opus", "sample_rate": 24_000, "channels": 1, "frame_duration": 60}
"""The audio of a server that speaks; devices prepare to play it."""

_NO_METHOD: Final = {"code": -32601, "message": "Method not found"}
"""The error of JSON-RPC 2.0."""


class AudioParams(msgspec.Struct, frozen=True):
    """The audio that a device sends; of Opus the format is all that matters."""

    format: str = "opus"
    sample_rate: int = 16_000
    channels: int = 1


class Hello(msgspec.Struct, frozen=True):
    """What a device says of itself, as far as it matters here."""

    version: int | None = None
    audio_params: AudioParams = AudioParams()


class Xiaozhi:
    """The dialect of one stream.

    Args:
        version: Version of the binary messages.
        opus: Decodes the audio; None if that is PCM.
    """

    name = "xiaozhi"
    resumes = False
    outlives = False
    idle_s = math.inf
    audio_in_text = False

    def __init__(self, version: str, opus: OpusDecoder | None) -> None:
        self._version = version
        self._opus = opus
        self._session_id = ""

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or a message."""
        if isinstance(frame, str):
            return self._command(read_object(frame, _EXPECTED))
        kind, payload = self._unpacked(frame)
        if kind == _AUDIO:
            return [payload if self._opus is None else self._opus.decode(payload)]
        if kind == _JSON:
            return self._command(read_object(payload.decode(errors="replace"), _EXPECTED))
        raise ProtocolError(f"binary messages are of type 0 (audio) or 1 (JSON), not {kind}")

    def write(self, event: Event) -> Sequence[Frame]:
        """Encode an event as hello, stt, llm or alert."""
        match event:
            case Begin():
                self._session_id = event.session_id
                return [
                    _message(
                        "hello",
                        self._session_id,
                        transport="websocket",
                        version=int(self._version),
                        audio_params=_SPOKEN,
                    )
                ]
            case Utterance(final=True):
                return self._final(event)
            case Error() if event.code != "idle":  # a device that is not spoken to is no mistake
                return [_alert(event, self._session_id)]
            case _:
                return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are: devices only see that the socket was closed."""
        return code, reason

    def _unpacked(self, data: bytes) -> tuple[int, bytes]:
        """The kind and the payload of a binary message."""
        header = _HEADERS.get(self._version)
        if header is None:
            return _AUDIO, data
        if len(data) < header.size:
            raise ProtocolError(
                f"a binary message of version {self._version} begins with a header of"
                f" {header.size} bytes"
            )
        kind, length = header.unpack_from(data)
        payload = data[header.size :]
        if len(payload) != length:
            raise ProtocolError(f"a header tells of {length} bytes, but {len(payload)} follow it")
        return kind, payload

    def _command(self, message: Mapping[str, Any]) -> Said:
        match message.get("type"):
            case "listen":  # in the other states nothing has to be done: all audio is heard
                return [Finalize()] if message.get("state") == "stop" else []
            case "abort":
                return [Reply(_message("tts", self._session_id, state="stop"))]
            case "mcp":
                return self._called(message.get("payload"))
            case "goodbye":
                return [CloseStream()]
            case "hello" | "iot":
                return []
            case str() as other:
                raise UnknownControl(f"unknown message type {other[:40]!r}")
            case _:
                raise ProtocolError(_EXPECTED)

    def _called(self, payload: object) -> Said:
        """Answer a request of JSON-RPC; notifications and results have no answer."""
        if not isinstance(payload, dict):
            raise ProtocolError("the payload of an mcp message is an object of JSON-RPC 2.0")
        match cast("dict[str, Any]", payload):
            case {"method": _, "id": str() | int() | float() as request_id}:
                answer = {"jsonrpc": "2.0", "id": request_id, "error": _NO_METHOD}
                return [Reply(_message("mcp", self._session_id, payload=answer))]
            case _:
                return []

    def _final(self, said: Utterance) -> list[Frame]:
        mood = sentiment(said)
        more = {"start": said.start, "end": said.end, "sentiment": mood}
        emotion = emotion_of(mood)
        llm = _message("llm", self._session_id, emotion=emotion, text=EMOJIS[emotion], **more)
        if not said.transcript:
            return [llm]
        return [_message("stt", self._session_id, text=said.transcript, **more), llm]


def opening(call: Call) -> Opening:
    """A stream as the hello says, which `Begin` answers; the query may have our options."""
    frame = yield ()
    hello = _greeted(frame)
    version = str(hello.version or call.headers.get("protocol-version", "1"))
    if version not in _VERSIONS:
        raise ProtocolError(f"protocol version {version[:40]!r} is not known: use 1, 2 or 3")
    heard, opus = _heard(hello.audio_params)
    request = from_query({**call.query, **_tagged(call)}, call.default)
    request = replace(request, format=heard, resume=None, decoded=opus is not None)
    return Agreed(request, Xiaozhi(version, opus))


def refusal(error: Error, code: int) -> Refusal:
    """An alert, and its message once more in the close frame."""
    return Refusal((_alert(error, ""),), code, error.message)


PROTOCOL: Final = StreamProtocol("xiaozhi", ("/xiaozhi/v1/", "/xiaozhi/v1"), opening, refusal)


def _greeted(frame: Frame) -> Hello:
    message = read_object(frame, _HELLO) if isinstance(frame, str) else {}
    if message.get("type") != "hello":
        raise ProtocolError(_HELLO)
    try:
        return msgspec.convert(message, Hello)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"hello: {error}") from None


def _heard(audio: AudioParams) -> tuple[AudioFormat, OpusDecoder | None]:
    """The format of a device's audio as the session hears it, and what decodes it to that."""
    match audio.format:
        case "opus":
            return DECODED, OpusDecoder()
        case "pcm":
            return AudioFormat("linear16", audio.sample_rate, audio.channels), None
        case other:
            raise ProtocolError(f"format {other[:40]!r} is not known: use opus or pcm")


def _tagged(call: Call) -> dict[str, str]:
    """The option `tags` with the device's id, its MAC, as one of them."""
    device = call.headers.get("device-id")
    if not device:
        return {}
    tag = f"device:{device}"
    if not re.fullmatch(TAG_PATTERN, tag):
        raise ProtocolError(
            "the header Device-Id must be a MAC such as 00:11:22:33:44:55, or another id of up to"
            " 93 characters without commas"
        )
    return {"tags": ",".join(filter(None, (call.query.get("tags"), tag)))}


def _alert(error: Error, session_id: str) -> str:
    return _message("alert", session_id, status="Error", message=error.message, emotion="confused")


def _message(kind: str, session_id: str, **fields: Any) -> str:  # noqa: ANN401
    return write_object({"type": kind, "session_id": session_id, **fields})
