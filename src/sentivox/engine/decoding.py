"""What a decoder's process and its parent say to each other.

The parent believes nothing: bounds are part of the types, so that a process that a hostile file
has taken over can send wrong sound, and nothing else.
"""

from typing import Annotated, Final, Literal

import msgspec

from sentivox.audio.timeline import MOST_GAPS

BLOCK: Final = 8000
"""Most samples a channel of a block: 0.5 s."""

LONGEST_LINE: Final = 5000
"""Characters; it may name a path."""

MOST_NOTES: Final = 100

Track = int | Literal["all"] | None
Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]


class DecodingOrder(msgspec.Struct, frozen=True, tag=True):
    """What to decode, and what it may take.

    Attributes:
        path: The file.
        mixdown: Mix two channels into one.
        track: Which audio track, if a certain one.
        memory_bytes: Address space, beyond what the process has once its libraries are loaded.
        cpu_s: Seconds of processor time.
    """

    path: str
    mixdown: bool
    track: Track
    memory_bytes: int
    cpu_s: int


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The file is a recording; or is none (`error`), and the process exits."""

    # No defaults: an empty map, one stray byte on the wire, must not pass for a message.
    channels: Annotated[int, msgspec.Meta(ge=1, le=2)]
    duration: float | None
    error: Line | None = None


class Block(msgspec.Struct, frozen=True, tag=True):
    """The next samples, or none and the end.

    Attributes:
        audio: int16 in the machine's byte order, one channel after the other.
        last: There are no more; the process exits.
        truncated: With `last`: the file ends too early or is damaged.
        error: With `last`: why there are no more.
        notes: With `last`: what was done to the audio or left out.
        gaps: With `last`: start and end, in seconds, of what is missing.
    """

    audio: Annotated[bytes, msgspec.Meta(max_length=4 * BLOCK)]
    last: bool = False
    truncated: bool = False
    error: Line | None = None
    notes: Annotated[list[Line], msgspec.Meta(max_length=MOST_NOTES)] = []
    gaps: Annotated[list[tuple[float, float]], msgspec.Meta(max_length=MOST_GAPS)] = []
