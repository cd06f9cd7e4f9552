"""The protocols of other services, fed with anything: codecs without a socket."""

import json
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qsl

from sentivox.errors import ProtocolError
from sentivox.protocol.events import (
    AudioSentiment,
    Error,
    Event,
    InterimTranscript,
    SpeechEnded,
    SpeechStarted,
    Termination,
)
from sentivox.server.dialects.dialect import Dialect, Frame, Reply
from sentivox.server.dialects.names import FOREIGN
from sentivox.server.dialects.opening import Agreed, Call, StreamProtocol
from sentivox.server.dialects.registry import stream_protocols
from sentivox.stream.config import StreamConfig
from tests.store.made import BEGIN, SCORES, said
from tests.stream.test_figures import told

PROTOCOLS: Final = stream_protocols(FOREIGN)[1:]
QUERIES: Final = (
    "",
    "encoding=linear16&sample_rate=16000&channels=2&interim_results=true&vad_events=true",
    "encoding=mulaw&sample_rate=8000&utterance_end_ms=1000&endpointing=300&language=multi",
    "intent=transcription",
    "language=zh&sample_rate=16000",
)
TEXTS: Final = (
    '{"config": {"sample_rate": 16000.0, "words": true, "max_alternatives": 2}}',
    '{"eof" : 1}',
    '{"type": "KeepAlive"}',
    '{"type": "Finalize"}',
    '{"type": "CloseStream"}',
    '{"type": "session.update", "session": {"audio": {"input": {"turn_detection": null}}}}',
    '{"type": "session.update", "session": {"audio": {"input": {"format": "audio/pcm"}}}}',
    '{"type": "transcription_session.update", "session": {"input_audio_format": "g711_ulaw"}}',
    '{"type": "input_audio_buffer.append", "audio": "' + "AAAA" * 2000 + '"}',
    '{"type": "input_audio_buffer.commit"}',
    '{"type": "input_audio_buffer.clear"}',
    '{"event": "connected", "protocol": "Call"}',
    '{"event": "start", "start": {"mediaFormat": {"encoding": "audio/x-mulaw"}, "callSid": "CA1"}}',
    '{"event": "start", "start": {"media_format": {"encoding": "L16", "sample_rate": 16000}}}',
    '{"event": "media", "media": {"track": "outbound", "timestamp": "20", "payload": "/////w=="}}',
    '{"event": "websocket:connected", "content-type": "audio/l16;rate=16000", "tags": "a"}',
    '{"event": "stop"}',
    '{"type": "Terminate"}',
    '{"type": "ForceEndpoint"}',
    '{"type": "session.update", "measurement_timer_ms": 1000, "audio": {"channels": 1}}',
    '{"type": "session.close"}',
    '{"type": "hello", "version": 1, "audio_params": {"format": "opus", "sample_rate": 16000}}',
    '{"type": "hello", "version": 3, "transport": "websocket", "features": {"mcp": true}}',
    '{"type": "hello", "version": 2, "audio_params": {"format": "pcm", "channels": 1}}',
    '{"type": "listen", "state": "stop", "mode": "manual"}',
    '{"type": "abort", "reason": "wake_word_detected"}',
    '{"type": "mcp", "payload": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}',
    '{"type": "goodbye"}',
)
EVENTS: Final[tuple[Event, ...]] = (
    BEGIN,
    SpeechStarted(channel=0, utterance_id=1, start=0.5),
    InterimTranscript(channel=0, utterance_id=1, start=0.5, end=1.0, transcript="thank",
                      language="en", asr_confidence=None),
    AudioSentiment(channel=0, utterance_id=1, start=0.5, end=2.0, label="neutral", score=0.0,
                   scores=SCORES, emotions={"angry": 0.9, "calm": 0.1}),
    SpeechEnded(channel=0, utterance_id=1, start=0.5, end=2.0, reason="finalize"),
    said(0, 1, start=0.5),
    SpeechEnded(channel=0, utterance_id=2, start=2.5, end=2.6, reason="silence", discarded=True),
    said(0, 3, start=3.0, score=None, words=None),
    Error(code="internal", message="a bug", fatal=True),
    told(),
    Termination(audio_seconds=5.0, utterances=2, reason="closed"),
)  # fmt: skip
"""What a session may say, in an order that is right and in any other."""


def converse(data: bytes) -> None:
    """A client of a protocol that the first byte names, with the query of the second.

    Each line that follows is a message: of audio if it begins with a byte below 32, and otherwise
    of text. After each, the session says what the line's length names.
    """
    head, lines = data[:2].ljust(2, b"\0"), data[2:].split(b"\n")
    protocol = PROTOCOLS[head[0] % len(PROTOCOLS)]
    query = dict(parse_qsl(QUERIES[head[1] % len(QUERIES)]))
    frames = [line if line[:1] < b" " else line.decode(errors="replace") for line in lines]
    agreed, rest = _opened(protocol, query, frames)
    if agreed is None:
        return
    if agreed.unread is not None:
        rest = [agreed.unread, *rest]
    for number, frame in enumerate(rest):
        _read(agreed.dialect, frame)
        _checked(agreed.dialect.write(EVENTS[(number + len(frame)) % len(EVENTS)]))
    agreed.dialect.closing(1000, "")


def _opened(
    protocol: StreamProtocol, query: dict[str, str], frames: list[Frame]
) -> tuple[Agreed | None, list[Frame]]:
    """What client and server agree on, and the frames after that; None if they do not."""
    opening = protocol.opening(Call(query, {}, StreamConfig()))
    left = iter(frames)
    try:
        _checked(next(opening))
        for frame in left:
            _checked(opening.send(frame))
    except StopIteration as stop:
        return stop.value, list(left)
    except ProtocolError as error:
        _refused(protocol, error)
    return None, []


def _refused(protocol: StreamProtocol, error: ProtocolError) -> None:
    message = str(error)
    assert "\n" not in message
    assert len(message) < 500
    event = Error(code="bad_request", message=message, fatal=True)
    _checked(protocol.refusal(event, 1003).frames)
    if protocol.denial is not None:
        denial = protocol.denial(event)
        json.loads(denial.body)
        "".join(denial.headers.values()).encode("latin-1")


def _read(dialect: Dialect, frame: Frame) -> None:
    with suppress(ProtocolError):
        for one in dialect.read(frame):
            if isinstance(one, Reply):
                _checked([one.frame])


def _checked(frames: object) -> None:
    """Every frame of these protocols is a JSON object with no more than plain numbers."""
    for frame in frames:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        assert isinstance(frame, str)
        assert isinstance(json.loads(frame, parse_constant=_never), dict)


def _never(name: str) -> None:
    raise AssertionError(name)


def seeds() -> list[bytes]:
    """Each protocol and query with messages that are right for some."""
    lines = [text.encode() for text in TEXTS]
    audio = b"\n".join((b"\0" * 64, b"\0\0\0\2\xd8\xff", b'\1\0\0\x10{"type": "abort"}'))
    many = range(len(lines))
    bodies = [b"\n".join((lines[i], audio, lines[j])) for i in many for j in many[::3]]
    queries, protocols = range(len(QUERIES)), range(len(PROTOCOLS))
    return [bytes([p, q]) + body for p in protocols for q in queries for body in bodies]
