"""Live tone of an utterance as bytes: the windows' times exactly, probabilities to 1/255."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sentivox.protocol.events import AudioSentiment
from sentivox.types import EMOTIONS, SENTIMENTS

_POINT: Final = np.dtype(
    [("start", "<f4"), ("end", "<f4"), ("scores", "u1", len(SENTIMENTS)),
     ("emotions", "u1", len(EMOTIONS))]
)  # fmt: skip
"""One window, 19 bytes."""


def pack(windows: Sequence[AudioSentiment]) -> bytes:
    """The windows of one utterance as bytes, 19 for each."""
    points = np.zeros(len(windows), _POINT)
    for point, window in zip(points, windows, strict=True):
        point["start"], point["end"] = window.start, window.end
        point["scores"] = _bytes(window.scores, SENTIMENTS)
        point["emotions"] = _bytes(window.emotions, EMOTIONS)
    return points.tobytes()


def unpack(packed: bytes) -> list[dict[str, object]]:
    """The windows, as plain data: `start`, `end` in seconds, `scores` and `emotions` by name."""
    return [
        {
            "start": round(float(point["start"]), 3),
            "end": round(float(point["end"]), 3),
            "scores": _named(point["scores"], SENTIMENTS),
            "emotions": _named(point["emotions"], EMOTIONS),
        }
        for point in np.frombuffer(packed, _POINT)
    ]


def _bytes(scores: dict[str, float], names: Sequence[str]) -> list[int]:
    return [round(255 * scores.get(name, 0.0)) for name in names]


def _named(values: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    return {name: round(int(value) / 255, 3) for name, value in zip(names, values, strict=True)}
