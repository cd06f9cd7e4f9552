"""What is fed with anything: a target takes bytes, and raises only where it has found a bug.

The same targets serve hypothesis (`test_fuzz`) and atheris (`python -m benchmarks.fuzz`).
"""

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import parse_qsl

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.audio.tracks import TrackRequest
from sentivox.errors import AudioError, ProtocolError
from sentivox.protocol.commands import Configure
from sentivox.server.dialects.v1 import parse
from sentivox.server.http.bounded import AnalysisWatch, BoundedFile, TooSlow
from sentivox.server.http.forms import Form, NotAForm
from sentivox.server.http.options import OPTIONS as OPTIONS_OF_FILES
from sentivox.server.http.options import UploadOptions
from sentivox.server.negotiation import configured, from_query
from sentivox.stream.config import StreamConfig
from tests.audio.pictures import CARRIERS, png
from tests.fuzz import events, foreign
from tests.fuzz.clients import App
from tests.fuzz.foreign import converse
from tests.fuzz.recordings import recordings, shaped
from tests.fuzz.script import CLOSINGS, OPTIONS, QUERIES, TEXTS, read
from tests.fuzz.standins import quick_engine

Target = Callable[[bytes], None]

_DEFAULT: Final = StreamConfig()
_LONGEST_S: Final = 60.0
_TRACKS: Final[tuple[TrackRequest, ...]] = (None, "all", 1, 2)


def control(data: bytes) -> None:
    """A text frame: a message, or one short line that says what is wrong."""
    try:
        message = parse(data.decode(errors="replace"))
        if isinstance(message, Configure):
            configured(message, _DEFAULT)
    except ProtocolError as error:
        _check_line(error)


def query(data: bytes) -> None:
    """A stream's query, likewise."""
    try:
        from_query(dict(parse_qsl(data.decode(errors="replace"))), _DEFAULT)
    except ProtocolError as error:
        _check_line(error)


def form(data: bytes) -> None:
    """A form with a recording, in pieces of a length that its first byte says, likewise."""
    size, body = 1 + (data[0] if data else 0), data[1:]
    options, found = UploadOptions(), 0
    try:
        reader = Form("multipart/form-data; boundary=b", options)
        for start in range(0, len(body), size):
            found += sum(map(len, reader.feed(body[start : start + size])))
        reader.finish()
        options.asked(_DEFAULT)
    except (NotAForm, ProtocolError) as error:
        _check_line(error)
    assert found <= len(body)


@contextmanager
def streaming() -> Generator[Target]:
    """A client from its address to its end, on the whole app but for network and models."""
    with quick_engine() as engine, closing(App(engine)) as app:
        yield lambda data: app.serve(read(data))


@contextmanager
def arriving() -> Generator[Target]:
    """A client of Wyoming, with a real engine to ask for what it has."""
    with quick_engine() as engine:
        yield lambda data: events.arrive(data, engine)


@contextmanager
def decoding() -> Generator[Target]:
    """A recording on its way to 16 kHz blocks, bounded as an upload is.

    Its length says which track is asked for, so that any input does the same again.
    """
    with TemporaryDirectory(prefix="sentivox-fuzz-") as folder:
        path = Path(folder) / "recording"

        def decode(data: bytes) -> None:
            path.unlink(missing_ok=True)  # a file that is written anew is flushed to the disk
            path.write_bytes(data)
            track = _TRACKS[len(data) % len(_TRACKS)]
            try:
                file = AudioFile(path, mixdown=track == 1, track=track)
                blocks = BoundedFile(file, AnalysisWatch(20.0), limit_s=_LONGEST_S)
                for block in blocks:
                    assert block.dtype == np.int16
                    assert block.shape == (blocks.channels, min(8000, block.shape[1]))
                ends = [end for gap in file.gaps for end in (gap.start, gap.end)]
                assert ends == sorted(ends)
            except (AudioError, TooSlow) as error:
                _check_line(error)

        yield decode


@dataclass(frozen=True, slots=True)
class Kind:
    """A target, and inputs to begin with.

    Attributes:
        opened: The target, for as long as the context lasts.
        seeds: Inputs that are right, or nearly so.
        longest: Bytes an input has at most.
    """

    opened: Callable[[], AbstractContextManager[Target]]
    seeds: Callable[[], list[bytes]]
    longest: int


def _controls() -> list[bytes]:
    options = [{"type": "Configure", "endpointing": {name: 0.5}} for name in OPTIONS]
    return [text.encode() for text in (*TEXTS, *CLOSINGS, *map(json.dumps, options))]


def _queries() -> list[bytes]:
    more = ("session_id=abc&last_seq=7", "token=abc", "sample_rate=1e4", "min_confidence=nan")
    return [text.encode() for text in (*QUERIES, *more)]


def _forms() -> list[bytes]:
    """Of one file and some options, whole and broken off."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [(name, "text") for name in OPTIONS_OF_FILES]
    fields = [f"--b\r\n{head.format(name)}\r\n\r\n{value}\r\n" for name, value in parts]
    file = f'--b\r\n{head.format("file")}; filename="a.wav"\r\nX-More: y\r\n\r\nRIFF\0\r\n'
    whole = [file, fields[0] + file, file + fields[1] * 2, file * 2, "".join(fields) + file]
    return [
        bytes([size]) + (body + end).encode()
        for body in whole
        for size in (0, 99)
        for end in ("--b--\r\n", "--b")
    ]


def _scripts() -> list[bytes]:
    """Speech and silence, cut and configured, closed and left."""
    speak, rest = b"\x03\xff", b"\x06\xff"
    turn = speak + b"\x0c\x05" + rest
    bodies = (turn, turn * 2, speak + b"\x08\x01" + rest, b"\x0b\x01\x03\x05" + turn, b"\x0f\x00")
    return [bytes([first]) + body for first in (0, 1, 3, 4, 0x81) for body in bodies]


def _recordings() -> list[bytes]:
    """Each format and shape, and with what else a container carries: covers, attachments, video."""
    picture = png(8)
    return recordings() + shaped() + [carry(picture) for carry in CARRIERS.values()]


KINDS: Final[dict[str, Kind]] = {
    "control": Kind(lambda: nullcontext(control), _controls, 512),
    "query": Kind(lambda: nullcontext(query), _queries, 256),
    "foreign": Kind(lambda: nullcontext(converse), foreign.seeds, 4_096),
    "wyoming": Kind(arriving, events.seeds, 1_024),
    "form": Kind(lambda: nullcontext(form), _forms, 1_024),
    "stream": Kind(streaming, _scripts, 256),
    "decode": Kind(decoding, _recordings, 20_480),
}


def _check_line(error: Exception) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 500
