"""Check by its sound whether a raw stream is in the encoding that was announced."""

from collections import Counter
from statistics import median
from typing import Final

from sentivox.audio.pcm import AudioFormat
from sentivox.audio.rate_check import Sound
from sentivox.audio.readings import PLAUSIBLE, Judgement, judge_window

WINDOW_SAMPLES: Final = 6144
"""Frames in a window: 384 ms at 16 kHz, and a multiple of 24 bytes in every encoding."""

MIN_ODD_WINDOWS: Final = 6
"""Windows that must sound wrong before it is reported; they must also be the majority."""

MAX_PLAUSIBLE_WINDOWS: Final = 40
"""Plausible windows after which the check ends."""

MIN_PLAUSIBLE_WINDOWS: Final = 3
"""Plausible windows that are needed to describe the stream's sound."""


class EncodingCheck:
    """Judges a stream window by window until it is certain, either way. Silence does not count.

    Args:
        audio: The announced format.

    Attributes:
        done: Whether the check has ended; further bytes are ignored.
    """

    def __init__(self, audio: AudioFormat) -> None:
        self.done = False
        self._audio = audio
        self._size = WINDOW_SAMPLES * audio.frame_bytes
        self._window = bytearray()
        self._ratios: list[float] = []
        self._pairs = 0
        self._odd: Counter[str] = Counter()

    def hear(self, data: bytes) -> str | None:
        """Take the next bytes.

        Returns:
            What the stream is instead, such as "16-bit big-endian", once, as soon as that is
            certain; otherwise None.
        """
        at = 0
        while not self.done and at < len(data):
            part = data[at : at + self._size - len(self._window)]
            self._window += part
            at += len(part)
            if len(self._window) == self._size:
                self._count(judge_window(bytes(self._window), self._audio))
                self._window.clear()
        odd = self._odd.total()
        if self.done or odd < MIN_ODD_WINDOWS or odd <= len(self._ratios):
            return None
        self.done = True
        return self._odd.most_common(1)[0][0]

    def cut(self) -> None:
        """Drop a partial frame: the connection was lost, and its other bytes will not follow."""
        del self._window[len(self._window) - len(self._window) % self._audio.frame_bytes :]

    @property
    def sound(self) -> Sound:
        """What the plausible windows so far sound like."""
        heard = len(self._ratios)
        if heard < MIN_PLAUSIBLE_WINDOWS:
            return Sound()
        return Sound(median(self._ratios), self._pairs > 0.9 * heard)

    def _count(self, judgement: Judgement) -> None:
        if judgement.sounds == PLAUSIBLE:
            self._ratios.append(judgement.ratio)
            self._pairs += judgement.paired
            self.done = len(self._ratios) >= MAX_PLAUSIBLE_WINDOWS
        elif judgement.sounds is not None:
            self._odd[judgement.sounds] += 1
