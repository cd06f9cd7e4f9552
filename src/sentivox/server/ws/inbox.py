"""The queue of audio and control messages between the socket and the session.

The queue is bounded in seconds of audio. What happens at the bound depends on the client (`Pace`):

* A live client cannot wait, so its oldest queued audio is dropped, and it gets a Warning.
* An upload (faster than real time) can wait, so reading pauses, and TCP slows the client down.
"""

from collections import deque

from sentivox.protocol.commands import Control


class Inbox:
    """An ordered queue of audio and control messages.

    Args:
        frame_bytes: Bytes of one frame, that is, of one sample of all channels. Only whole frames
            are queued, whatever the lengths of messages, so that dropping never splits a sample.
        bytes_per_second: Data rate of the client's audio.
        limit_s: Maximum seconds of queued audio.
        slice_s: Maximum seconds of audio that `take` returns.

    Attributes:
        received: Bytes received in whole frames, including dropped ones.
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
        self.received = 0

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def seconds(self) -> float:
        """Seconds of audio in the queue."""
        return self._waiting / self._rate

    def fits(self, size: int) -> bool:
        """Whether a message of this many bytes can be queued without dropping anything."""
        return self._waiting == 0 or self._waiting + size <= self._limit

    def push_control(self, message: Control) -> None:
        """Queue a control message behind the audio that came before it."""
        self._items.append(message)

    def push_audio(self, data: bytes) -> float:
        """Queue audio; returns the seconds of older audio dropped to make room."""
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
        """Remove and return the next control message or slice of audio; None if empty."""
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
        """Discard an incomplete frame, because the connection ended within it."""
        self._carry = b""

    def clear(self) -> float:
        """Empty the queue; returns the seconds of audio it held."""
        dropped = self.seconds
        self._items.clear()
        self._waiting = 0
        return dropped

    def _drop(self, excess: int) -> int:
        """Drop at least `excess` bytes of the oldest audio, in whole frames; returns the bytes.

        Control messages are kept.
        """
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
