"""Puts the tracks of a call together, whose audio comes in pieces of one track each."""

from collections.abc import Sequence
from typing import Final

import numpy as np

_WAIT_S: Final = 0.3
"""Seconds that a track is waited for, of which nothing comes; then it is silent."""

_GAP_S: Final = 5.0
"""Most seconds that are filled with silence where a track's clock leaps ahead."""

_NEXT_S: Final = 0.01
"""Seconds by which the clock of a piece that follows its track's last one may be off."""


class Tracks:
    """The tracks of one call, as channels of one stream.

    Each piece is put where its clock says, so that the channels stay together and pieces may come
    in any order within `hold_s`.

    Args:
        count: Number of tracks.
        rate: Samples a second.
        silence: One sample of silence.
        hold_s: Seconds that audio is held back for pieces that come late.
    """

    def __init__(self, count: int, rate: int, silence: bytes, hold_s: float = 0.0) -> None:
        self._rate = rate
        self._silence = silence
        self._held = round(hold_s * rate)
        self._pending = [bytearray() for _ in range(count)]
        self._done = 0  # samples of each track that were given out

    def put(self, track: int, at_s: float | None, audio: bytes) -> bytes:
        """Take a piece.

        Args:
            track: Index of its track.
            at_s: Seconds of the stream at which it begins; None if that is unknown.
            audio: Its samples; half a sample at its end is lost.

        Returns:
            The audio that is complete with it, its channels interleaved.
        """
        width, pending = len(self._silence), self._pending[track]
        end = self._done + len(pending) // width
        at = end if at_s is None else round(at_s * self._rate)
        if abs(at - end) <= _NEXT_S * self._rate or at - end > _GAP_S * self._rate:
            at = end
        begin = (at - self._done) * width
        audio = audio[: len(audio) // width * width]
        if begin < 0:  # that time was given out already
            audio, begin = audio[-begin:], 0
        pending.extend(self._silence * ((begin - len(pending)) // width))
        pending[begin : begin + len(audio)] = audio
        ends = self._ends()
        return self._given(max(min(ends) - self._held, max(ends) - round(_WAIT_S * self._rate)))

    def rest(self) -> bytes:
        """What was not given out yet, at the end."""
        return self._given(max(self._ends()))

    def _ends(self) -> Sequence[int]:
        return [len(pending) // len(self._silence) for pending in self._pending]

    def _given(self, samples: int) -> bytes:
        if samples <= 0:
            return b""
        size = samples * len(self._silence)
        self._done += samples
        parts: list[bytes] = []
        for pending in self._pending:
            part = bytes(pending[:size])
            del pending[:size]
            parts.append(part + self._silence * ((size - len(part)) // len(self._silence)))
        if len(parts) == 1:
            return parts[0]
        kind = f"u{len(self._silence)}"
        return np.stack([np.frombuffer(part, kind) for part in parts], axis=1).tobytes()
