"""Puts the tracks of a call together, whose audio comes in pieces of one track each."""

from typing import Final

import numpy as np

_WAIT_S: Final = 0.3
"""Seconds that a track is waited for, of which nothing comes; then it is silent. A piece that comes
later still belongs to another clock."""

_GAP_S: Final = 5.0
"""Most seconds that are filled with silence where a track's clock is ahead."""

_NEXT_S: Final = 0.01
"""Seconds by which the clock of a piece that follows its track's last one may be off."""


class _Track:
    """One track: the audio that was not given out yet, and what is known of its clock.

    Attributes:
        pending: That audio.
        gaps: Silence in it that pieces which come late may replace: first and last sample, counted
            from the beginning of the call.
        ahead: By how many samples its clock is behind the audio, after it was set anew.
    """

    def __init__(self) -> None:
        self.pending = bytearray()
        self.gaps: list[tuple[int, int]] = []
        self.ahead = 0


class Tracks:
    """The tracks of one call, as channels of one stream.

    Each piece is put where its clock says, so that the channels stay together and pieces may come
    in any order within `hold_s`. Clocks are not believed where that would lose audio: one that
    stands still, or begins again, is set to where its track is.

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
        self._tracks = [_Track() for _ in range(count)]
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
        one, width = self._tracks[track], len(self._silence)
        audio = audio[: len(audio) // width * width]
        end = self._end(one)
        at = end if at_s is None else round(at_s * self._rate) + one.ahead
        if at > end + _GAP_S * self._rate or at < end - _WAIT_S * self._rate:
            if not self._late(one, at, audio):
                one.ahead += end - at
                one.pending += audio
        elif at > end + _NEXT_S * self._rate:
            one.gaps.append((end, at))
            one.pending += self._silence * (at - end) + audio
        elif at >= end - _NEXT_S * self._rate or not self._late(one, at, audio):
            one.pending += audio
        ends = [self._end(each) for each in self._tracks]
        return self._given(
            max(min(ends) - self._held, max(ends) - round(_WAIT_S * self._rate)) - self._done
        )

    def rest(self) -> bytes:
        """What was not given out yet, at the end."""
        return self._given(max(self._end(each) for each in self._tracks) - self._done)

    def _end(self, one: _Track) -> int:
        return self._done + len(one.pending) // len(self._silence)

    def _late(self, one: _Track, at: int, audio: bytes) -> bool:
        """Put a piece into the silence that stands for it; returns whether there was some."""
        width, end = len(self._silence), at + len(audio) // len(self._silence)
        for index, (first, last) in enumerate(one.gaps):
            if self._done <= at and first <= at and end <= last:
                begin = (at - self._done) * width
                one.pending[begin : begin + len(audio)] = audio
                one.gaps[index : index + 1] = [(first, at), (end, last)]
                return True
        return False

    def _given(self, samples: int) -> bytes:
        if samples <= 0:
            return b""
        width = len(self._silence)
        size = samples * width
        self._done += samples
        parts: list[bytes] = []
        for one in self._tracks:
            part = bytes(one.pending[:size])
            del one.pending[:size]
            one.gaps = [gap for gap in one.gaps if gap[1] > self._done]
            parts.append(part + self._silence * ((size - len(part)) // width))
        if len(parts) == 1:
            return parts[0]
        return np.stack([np.frombuffer(part, f"u{width}") for part in parts], axis=1).tobytes()
