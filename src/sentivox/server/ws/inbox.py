"""Audio and control messages on their way from the socket to the session, in order.

The socket is always read; what waits here is bounded in seconds of audio. Which end gives way
when the bound is reached depends on the client (`Pace`):

* a live client cannot wait, so its oldest waiting audio is dropped, and it is told;
* an upload (faster than real time) can, so the reader stops for a moment and TCP holds it back.
"""

from collections import deque

from sentivox.protocol.commands import Control


class Inbox:
    """An ordered queue of audio and control messages.

    Args:
        frame_bytes: Bytes of one sample of all channels. Whatever the client's message
            lengths, only whole frames are queued, so that dropping never shifts a sample.
        bytes_per_second: Of the client's audio.
        limit_s: Seconds of audio that may wait.
        slice_s: Most seconds `take` gives at a time.
    """

    def __init__(
        self, *, frame_bytes: int, bytes_per_second: int, limit_s: float, slice_s: float
    ) -> None:
        self._frame = frame_bytes
        self._rate = bytes_per_second
        self._limit = int(limit_s * bytes_per_second)
        self._slice = max(1, int(slice_s * bytes_per_second) // frame_bytes) * frame_bytes
        self._items: deque[bytes | Control] = deque()
        self._waiting = 0
        self._carry: bytes = b""
        self.received = 0  # bytes in whole frames, dropped ones included

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def seconds(self) -> float:
        """Audio that waits."""
        return self._waiting / self._rate

    def fits(self, size: int) -> bool:
        """Whether a message of this many bytes can be queued without dropping anything."""
        return self._waiting == 0 or self._waiting + size <= self._limit

    def push_control(self, message: Control) -> None:
        """Queue a control message behind the audio that came before it."""
        self._items.append(message)

    def push_audio(self, data: bytes) -> float:
        """Queue audio; returns the seconds of older audio that had to go for it."""
        data = self._carry + data if self._carry else data
        whole = len(data) - len(data) % self._frame
        data, self._carry = data[:whole], data[whole:]
        self.received += whole
        dropped = 0 if self.fits(whole) else self._drop(self._waiting + whole - self._limit)
        if data:
            self._items.append(data)
            self._waiting += whole
        return dropped / self._rate

    def take(self) -> bytes | Control | None:
        """The next control message or slice of audio, or None when nothing waits."""
        if not self._items:
            return None
        first = self._items.popleft()
        if not isinstance(first, bytes):
            return first
        pieces, size = [first], len(first)
        while size < self._slice and self._items and isinstance(self._items[0], bytes):
            piece = self._items.popleft()
            assert isinstance(piece, bytes)  # noqa: S101  (narrows the type; checked above)
            pieces.append(piece)
            size += len(piece)
        data = b"".join(pieces)
        if size > self._slice:
            self._items.appendleft(data[self._slice :])
            data = data[: self._slice]
        self._waiting -= len(data)
        return data

    def cut(self) -> None:
        """Nothing follows what came: half a frame counts as not received."""
        self._carry = b""

    def clear(self) -> float:
        """Forget all that waits; returns the seconds of audio among it."""
        dropped = self.seconds
        self._items.clear()
        self._waiting = 0
        return dropped

    def _drop(self, excess: int) -> int:
        """Drop at least `excess` bytes of the oldest audio, in whole frames; never a control."""
        wanted = min(self._waiting, -(-excess // self._frame) * self._frame)
        kept: list[bytes | Control] = []
        dropped = 0
        while dropped < wanted:
            item = self._items.popleft()
            if not isinstance(item, bytes):
                kept.append(item)
                continue
            part = min(len(item), wanted - dropped)
            dropped += part
            if part < len(item):
                kept.append(item[part:])
        self._items.extendleft(reversed(kept))
        self._waiting -= dropped
        return dropped
