"""Wyoming, fed with anything: its framing and its codec, without a socket."""

import itertools
import json
from contextlib import suppress
from typing import Final

from sentivox.engine.backend import Backend
from sentivox.errors import ProtocolError
from sentivox.protocol.events import Error
from sentivox.server.dialects.dialect import Dialect, Reply
from sentivox.server.dialects.opening import Call, Opening
from sentivox.server.dialects.wyoming import opening, refusal
from sentivox.server.dialects.wyoming_events import Framing, read_event
from sentivox.stream.config import StreamConfig
from tests.fuzz.foreign import EVENTS

MAX_JSON: Final = 200
MAX_BYTES: Final = 400
FORMAT: Final = '{"rate":16000,"width":2,"channels":1}'
LINES: Final = (
    b'{"type":"describe"}\n',
    b'{"type":"ping","data":{"text":"hello"}}\n',
    b'{"type":"ping","data":{"text":"a"},"data_length":12,"version":"1.10.2"}\n{"text":"bc"}',
    b'{"type":"transcribe","data":{"language":"en","name":null}}\n',
    f'{{"type":"audio-start","data":{FORMAT}}}\n'.encode(),
    f'{{"type":"audio-chunk","data":{FORMAT},"payload_length":8}}\n01234567'.encode(),
    b'{"type":"audio-stop","data":{"timestamp":5}}\n',
    b'{"type":"audio-stop","data_length":201}\n',
    b'{"type":"audio-stop","payload_length":400}\n',
)


def arrive(data: bytes, engine: Backend) -> None:
    """A client whose bytes come in pieces of a length that the first says.

    How they are cut makes no difference to what they are; the server answers with events.
    """
    size, body = 1 + (data[0] if data else 0), data[1:]
    frames, problem = _framed([body[at : at + size] for at in range(0, len(body), size)])
    assert (frames, problem) == _framed([body])
    assert body.startswith(b"".join(frames))
    begins, dialect = _opened(engine), None
    for frame, event in zip(frames, itertools.cycle(EVENTS)):
        try:
            if dialect is None:
                _checked(begins.send(frame))
                continue
            dialect = _rounded(dialect, frame)
            if dialect is None:
                begins = _opened(engine)
            else:
                _checked(dialect.write(event))
        except StopIteration as stop:
            dialect = stop.value.dialect
        except ProtocolError as error:
            _refused(str(error))
            return
    if problem is not None:
        _refused(problem)


def _framed(pieces: list[bytes]) -> tuple[list[bytes], str | None]:
    """The events in these bytes, and what is wrong with what follows."""
    framing, frames = Framing(MAX_JSON, MAX_BYTES), list[bytes]()
    try:
        for piece in pieces:
            framing.feed(piece)
            while (event := framing.next()) is not None:
                assert len(event.frame) <= MAX_BYTES
                frames.append(event.frame)
            assert framing.held <= MAX_BYTES
    except ProtocolError as error:
        return frames, str(error)
    return frames, None


def _opened(engine: Backend) -> Opening:
    begins = opening(Call({}, {}, StreamConfig()), engine)
    _checked(next(begins))
    return begins


def _rounded(dialect: Dialect, frame: bytes) -> Dialect | None:
    """Let the dialect read; None if the round is over."""
    with suppress(ProtocolError):
        said = dialect.read(frame)
        _checked([one.frame for one in said if isinstance(one, Reply)])
        if said and not isinstance(said[0], bytes | Reply):
            return None
    return dialect


def _refused(message: str) -> None:
    assert "\n" not in message
    assert len(message) < 500
    _checked(refusal(Error(code="bad_request", message=message, fatal=True), 1003).frames)


def _checked(frames: object) -> None:
    """Every frame is an event, whole and of plain JSON."""
    for frame in frames:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        assert isinstance(frame, bytes)
        framing = Framing(1 << 16, 1 << 16)
        framing.feed(frame)
        found = framing.next()
        assert found is not None
        assert framing.held == 0
        json.dumps(read_event(found.frame).data, allow_nan=False)


def seeds() -> list[bytes]:
    """A round and what may stand around it, in small pieces and large ones."""
    ask, ping, long_ping, want, start, chunk, stop, *wrong = LINES
    rounds = (
        start + chunk + chunk + stop,
        ask + want + start + chunk + ping + stop + start + stop,
        long_ping + start + ask + stop + chunk,
        *(start + line for line in wrong),
        *wrong,
    )
    return [bytes([size]) + whole for whole in rounds for size in (0, 6, 255)]
