"""Speech in a recording found ahead of time, in a thread beside the one that analyses it.

Voice activity is nearly half the work of that thread where only the tone is heard, and ONNX Runtime
releases the interpreter lock meanwhile.
"""

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from sentivox.stream.protocols import SpeechDetector
from sentivox.types import FloatArray, Int16Array

AHEAD: Final = 8
"""Blocks, of half a second in a recording, that are looked at before they are wanted."""


class Foreseen:
    """A `SpeechDetector` of one channel whose answers are there before they are asked for.

    However the samples are cut, on either side, the answers are the detector's own.

    Args:
        detector: What looks ahead, at its beginning.
    """

    def __init__(self, detector: SpeechDetector) -> None:
        self.window = detector.window
        self._detector = detector
        self._rest: Int16Array = np.zeros(0, np.int16)  # not a window yet
        self._known: FloatArray = np.zeros(0, np.float32)

    def look(self, pcm: Int16Array) -> FloatArray:
        """Probabilities of the windows that the next samples complete: for `learn`."""
        samples = np.concatenate((self._rest, pcm))
        whole = len(samples) // self.window * self.window
        self._rest = samples[whole:]
        return self._detector(samples[:whole])

    def learn(self, probs: FloatArray) -> None:
        """Keep what was seen until it is asked for, in the thread that asks."""
        self._known = np.concatenate((self._known, probs))

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Probabilities, shape (n,), of n successive windows; they must be known by now."""
        count = len(pcm) // self.window
        found, self._known = self._known[:count], self._known[count:]
        return found


def foreseen(
    blocks: Iterable[Int16Array], detectors: Sequence[Foreseen]
) -> Generator[Int16Array]:  # fmt: skip
    """The same blocks, shape (channels, n), each once its detectors know it; a few are known ahead.

    What iterating over `blocks` raises comes in its place.
    """
    source = iter(blocks)

    def look() -> tuple[Int16Array, list[FloatArray]] | None:
        block = next(source, None)
        if block is None:
            return None
        return block, [d.look(pcm) for d, pcm in zip(detectors, block, strict=True)]

    thread = ThreadPoolExecutor(1, "sentivox-ahead")
    try:
        waiting = deque(thread.submit(look) for _ in range(AHEAD))
        while (seen := waiting.popleft().result()) is not None:
            waiting.append(thread.submit(look))
            block, probs = seen
            for detector, known in zip(detectors, probs, strict=True):
                detector.learn(known)
            yield block
    finally:
        thread.shutdown(cancel_futures=True)
