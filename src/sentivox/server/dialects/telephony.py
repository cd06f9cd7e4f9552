"""The media streams of telephony services: Twilio, Telnyx and Vonage send a call while it goes on.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
https://developers.telnyx.com/docs/voice/programmable-voice/media-streaming
https://developer.vonage.com/en/voice/voice-api/guides/websockets

Nobody reads answers on these sockets, so none are sent: results are in the store, in webhooks and
in the log, under a tag with the call's id. A call that has ended is analysed to its end.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from sentivox.errors import ProtocolError
from sentivox.protocol.commands import CloseStream, KeepAlive
from sentivox.protocol.events import Error, Event
from sentivox.protocol.options import MAX_TAG
from sentivox.server.dialects.dialect import Frame, Said
from sentivox.server.dialects.objects import read_object
from sentivox.server.dialects.opening import Agreed, Call, Opening, Refusal, StreamProtocol
from sentivox.server.dialects.tracks import Tracks
from sentivox.server.negotiation import PARAMETERS, StreamRequest, from_query

_ROLES: Final = {"inbound": "customer", "outbound": "agent"}
"""Who speaks on a track, as the service sees it: inbound is who has called, or was called."""

_ENCODINGS: Final = {
    "audio/x-mulaw": ("mulaw", b"\xff"),
    "PCMU": ("mulaw", b"\xff"),
    "PCMA": ("alaw", b"\xd5"),
    "L16": ("linear16", b"\0\0"),
}
"""Our name of each encoding, and a sample of silence in it."""

_OPTIONS: Final = PARAMETERS - {"session_id", "last_seq"}
"""Our options that a service may pass on; calls do not come back after a cut."""

_L16: Final = re.compile(r"audio/l16; ?rate=(\d{4,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Names:
    """What a service calls the parts of its `start`, and by how much its pieces may be late."""

    call: str
    form: str
    rate: str
    parameters: str
    hold_s: float


_TWILIO: Final = _Names("callSid", "mediaFormat", "sampleRate", "customParameters", 0.0)
_TELNYX: Final = _Names("call_session_id", "media_format", "sample_rate", "custom_parameters", 0.1)


class MediaStream:
    """The dialect of one call.

    Args:
        name: Name of the service.
        tracks: Index of each track by its name.
        joined: Puts them together.
    """

    resumes = False
    outlives = True
    idle_s = math.inf
    audio_in_text = True

    def __init__(self, name: str, tracks: Mapping[str, int], joined: Tracks) -> None:
        self.name = name
        self._tracks = tracks
        self._joined = joined

    def read(self, frame: Frame) -> Said:
        """Decode a frame: audio, or the end; marks, digits and others say that the call goes on."""
        if isinstance(frame, bytes):
            return [self._joined.put(0, None, frame)]
        message = _parsed(frame)
        match message.get("event"):
            case "media":
                return [self._media(message.get("media"))]
            case "stop":
                return [self._joined.rest(), CloseStream()]
            case _:
                return [KeepAlive()]

    def write(self, event: Event) -> Sequence[Frame]:  # noqa: ARG002
        """Return nothing: services ignore what they do not know, or play it to the caller."""
        return []

    def closing(self, code: int, reason: str) -> tuple[int, str]:
        """Return both as they are."""
        return code, reason

    def _media(self, media: object) -> bytes:
        if not isinstance(media, dict):
            raise ProtocolError("media must be an object with a payload")
        piece = cast("dict[str, Any]", media)
        track = self._tracks.get(str(piece.get("track", "inbound")))
        if track is None:
            return b""  # of a track that `start` did not name
        try:
            audio = base64.b64decode(piece["payload"], validate=True)
        except (KeyError, TypeError, binascii.Error, ValueError):
            raise ProtocolError("media.payload must be audio as base64") from None
        return self._joined.put(track, _seconds(piece.get("timestamp")), audio)


def _opening(name: str, names: _Names, call: Call) -> Opening:
    """A stream as `start` says; its custom parameters, and the query, may have our options."""
    message = _parsed((yield ()))
    while message.get("event") == "connected":
        message = _parsed((yield ()))
    start = message.get("start")
    if message.get("event") != "start" or not isinstance(start, dict):
        raise ProtocolError('the first message is {"event": "start", "start": …}')
    start = cast("dict[str, Any]", start)
    tracks = {track: index for index, track in enumerate(_tracks(start.get("tracks")))}
    form = _object(start, names.form)
    encoding = str(form.get("encoding"))
    if encoding not in _ENCODINGS:
        raise ProtocolError(
            f"encoding {encoding[:40]!r} is not known: use one of {', '.join(_ENCODINGS)}"
        )
    ours, silence = _ENCODINGS[encoding]
    asked = {"encoding": ours, "sample_rate": str(form.get(names.rate, 8000))}
    roles = {"roles": ",".join(_ROLES[track] for track in tracks)}
    options = roles | dict(call.query) | _options(_object(start, names.parameters))
    request = _request(call, options, str(start.get(names.call, "")), len(tracks), asked)
    joined = Tracks(len(tracks), request.format.sample_rate, silence, names.hold_s)
    return Agreed(request, MediaStream(name, tracks, joined))


def _vonage(call: Call) -> Opening:
    """A stream as the first message says; further keys in it may be our options."""
    message = _parsed((yield ()))
    found = _L16.fullmatch(str(message.get("content-type", "")))
    if message.get("event") != "websocket:connected" or found is None:
        raise ProtocolError(
            'the first message is {"event": "websocket:connected", "content-type":'
            ' "audio/l16;rate=16000"}'
        )
    asked = {"encoding": "linear16", "sample_rate": found[1]}
    options = dict(call.query) | _options(message)
    request = _request(call, options, str(message.get("uuid", "")), 1, asked)
    joined = Tracks(1, request.format.sample_rate, b"\0\0")
    return Agreed(request, MediaStream("vonage", {"inbound": 0}, joined))


def _refusal(error: Error, code: int) -> Refusal:
    """The close frame alone: services show it in their logs."""
    return Refusal((), code, error.message)


TWILIO: Final = StreamProtocol(
    "twilio", ("/twilio/media",), partial(_opening, "twilio", _TWILIO), _refusal, signed=True
)
TELNYX: Final = StreamProtocol(
    "telnyx", ("/telnyx/media",), partial(_opening, "telnyx", _TELNYX), _refusal
)
VONAGE: Final = StreamProtocol("vonage", ("/vonage/media",), _vonage, _refusal)


def _request(
    call: Call, options: dict[str, str], sid: str, channels: int, audio: dict[str, str]
) -> StreamRequest:
    """The stream that these options ask for, with the call's id as a tag."""
    tags = [tag for tag in options.get("tags", "").split(",") if tag]
    shown = re.sub(r"[^\w.:+-]", "", sid)[: MAX_TAG - len("call:")]
    if shown:
        tags.append(f"call:{shown}")
    asked = {name: value for name, value in options.items() if name in _OPTIONS}
    asked |= audio | {"channels": str(channels)} | ({"tags": ",".join(tags)} if tags else {})
    return from_query(asked, call.default)


def _tracks(named: object) -> Sequence[str]:
    """The tracks that a call has; both, where its service does not say."""
    if not isinstance(named, list):
        return list(_ROLES)
    return [track for track in _ROLES if track in cast("list[object]", named)] or ["inbound"]


def _options(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if isinstance(value, str)}


def _object(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = message.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _seconds(milliseconds: object) -> float | None:
    """Numbers come as strings."""
    text = str(milliseconds)
    return int(text) / 1000 if text.isascii() and text.isdigit() and len(text) < 12 else None


def _parsed(frame: Frame) -> dict[str, Any]:
    if isinstance(frame, bytes):
        raise ProtocolError("the first message is text: a JSON object with an event")
    return read_object(frame, 'a message is a JSON object such as {"event": "media", …}')
