"""What a client does, read from any bytes: its query, and its messages in any order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Received = dict[str, Any]
"""A message as ASGI gives it to an app."""

TEXTS: Final = (
    '{"type":"KeepAlive"}',
    '{"type":"Finalize"}',
    '{"type":"Summary"}',
    '{"type":"Configure","language":"auto"}',
    '{"type":"Configure","modalities":["audio"]}',
    '{"type":"Configure","modalities":["text","audio"],"min_confidence":0.5}',
    '{"type":"Sing"}',
    '{"type":7}',
    "[]",
    "",
)
CLOSINGS: Final = ('{"type":"CloseStream"}', '{"type":"Terminate"}', '{"eof":1}')
OPTIONS: Final = (
    "threshold", "release", "trigger_s", "silence_s", "pause_s", "pre_roll_s", "post_pad_s",
    "min_speech_s", "soft_cut_s", "hard_cut_s", "min_pause_s", "patience",
)  # fmt: skip
NUMBERS: Final = (0.0, 1e-9, 0.03, 0.1, 0.35, 0.5, 0.9, 1.0, 2.0, 12.0, 30.0, 30.1, -1.0, 1e300)
QUERIES: Final = (
    "",
    "modalities=audio",
    "modalities=text",
    "channels=2",
    "encoding=mulaw&sample_rate=8000",
    "encoding=alaw&channels=2&sample_rate=11025&modalities=audio",
    "encoding=linear32f&sample_rate=48000",
    "language=auto&min_confidence=0.9&volume=11",
)
STRIDE: Final = 61
"""Bytes a step of a piece's length: odd, so that samples are cut."""

LOUD: Final = np.random.default_rng(7).integers(-8000, 8001, 1 << 13).astype("<i2").tobytes()
HUGE: Final = bytes((1 << 20) + 1)
MOST_STEPS: Final = 48


class Bytes:
    """Takes numbers and pieces from the front of some bytes; zeros once they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        """The next bytes, as many as there are."""
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def number(self, size: int = 1) -> int:
        """The next `size` bytes as a number."""
        return int.from_bytes(self.take(size), "little")


@dataclass(frozen=True, slots=True)
class Script:
    """One client.

    Attributes:
        query: Of its address.
        steps: ASGI messages; an int lets the server work for so many turns of the loop.
        closes: Whether it ends by CloseStream and waits, or vanishes.
    """

    query: bytes
    steps: tuple[Received | int, ...]
    closes: bool


def read(data: bytes) -> Script:
    """The client in these bytes; every bytes are one."""
    source = Bytes(data)
    first = source.number()
    query = source.take(source.number()) if first % 8 == 7 else QUERIES[first % 8].encode()
    steps: list[Received | int] = []
    for step in _steps(source):
        steps.append(step)
        if len(steps) == MOST_STEPS:
            break
    return Script(query=query, steps=tuple(steps), closes=bool(first & 0x80) is False)


def _steps(source: Bytes) -> Iterator[Received | int]:
    while source:
        match source.number() % 16:
            case 0 | 1 | 2:
                yield _audio(source.take(source.number()))
            case 3 | 4 | 5:
                yield _audio(LOUD[: source.number() * STRIDE])
            case 6 | 7:
                yield _audio(bytes(source.number() * STRIDE))
            case 8 | 9:
                yield _text(TEXTS[source.number() % len(TEXTS)])
            case 10:
                yield _text(source.take(source.number()).decode(errors="replace"))
            case 11:
                yield _configure(source)
            case 12 | 13:
                yield 1 + source.number() % 16
            case 14:
                yield _text(CLOSINGS[source.number() % len(CLOSINGS)])
            case _:
                yield _audio(HUGE if source.number() == 255 else b"")


def _configure(source: Bytes) -> Received:
    chosen = {
        OPTIONS[source.number() % len(OPTIONS)]: NUMBERS[source.number() % len(NUMBERS)]
        for _ in range(1 + source.number() % 4)
    }
    return _text(json.dumps({"type": "Configure", "endpointing": chosen}))


def _audio(data: bytes) -> Received:
    return {"type": "websocket.receive", "bytes": data}


def _text(text: str) -> Received:
    return {"type": "websocket.receive", "text": text}
