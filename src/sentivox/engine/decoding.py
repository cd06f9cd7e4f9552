"""What a decoder's process and its parent say to each other.

The parent believes nothing: bounds are part of the types, so that a process that a hostile file
has taken over can send wrong sound, and nothing else.
"""

from typing import Annotated, Final

import msgspec

BLOCK: Final = 8000
"""Most samples a channel of a block: 0.5 s."""

LONGEST_LINE: Final = 5000
"""Characters; it may name a path."""

Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]


class Order(msgspec.Struct, frozen=True, tag=True):
    """What to decode, and what it may take.

    Attributes:
        path: The file.
        mixdown: Mix two channels into one.
        memory_bytes: Address space, beyond what the process has once its libraries are loaded.
        cpu_s: Seconds of processor time.
    """

    path: str
    mixdown: bool
    memory_bytes: int
    cpu_s: int


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The file is a recording; or is none (`error`), and the process exits."""

    # No defaults: an empty map, one stray byte on the wire, must not pass for a message.
    channels: Annotated[int, msgspec.Meta(ge=1, le=2)]
    duration: float | None
    note: Line | None = None
    error: Line | None = None


class Block(msgspec.Struct, frozen=True, tag=True):
    """The next samples, or none and the end.

    Attributes:
        audio: int16 in the machine's byte order, one channel after the other.
        last: There are no more; the process exits.
        truncated: With `last`: the file ends too early or is damaged.
        error: With `last`: why there are no more.
    """

    audio: Annotated[bytes, msgspec.Meta(max_length=4 * BLOCK)]
    last: bool = False
    truncated: bool = False
    error: Line | None = None
