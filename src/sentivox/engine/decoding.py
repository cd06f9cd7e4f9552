"""Messages between a decoder process and its parent.

The parent does not trust the process: limits are part of the types, so that a process taken over by
a hostile file can send wrong audio, but nothing else.
"""

from typing import Annotated, Final, Literal

import msgspec

from sentivox.audio.timeline import MAX_GAPS

MAX_BLOCK_SAMPLES: Final = 8000
"""Most samples per channel in a block: 0.5 s."""

LONGEST_LINE: Final = 5000
"""Most characters of an error message or note, which may contain a path."""

MOST_NOTES: Final = 100

Track = int | Literal["all"] | None
"""An audio track, from 1; "all" makes two tracks two channels; None chooses the best."""

Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]
"""A line of text for users."""


class DecodingOrder(msgspec.Struct, frozen=True, tag=True):
    """What to decode, and within which limits.

    Attributes:
        path: Path of the file.
        mixdown: Mix two channels into one.
        track: The audio track to decode.
        memory_bytes: Address space allowed beyond that of the process with its libraries loaded.
        cpu_s: CPU seconds allowed.
    """

    path: str
    mixdown: bool
    track: Track
    memory_bytes: int
    cpu_s: int


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The first message: the file is open, or `error` says why not and the process exits.

    `duration` is in seconds, as the file declares or suggests; None if it does neither.
    """

    # Required fields, so that an empty map, one stray byte on the wire, is not a valid message.
    channels: Annotated[int, msgspec.Meta(ge=1, le=2)]
    duration: float | None
    error: Line | None = None


class Block(msgspec.Struct, frozen=True, tag=True):
    """The next samples; or the last message, without samples.

    Attributes:
        audio: int16 samples at 16 kHz in the machine's byte order, one channel after the other.
        last: There are no more samples; the process exits.
        truncated: With `last`: the file is incomplete or damaged.
        error: With `last`: why decoding failed.
        notes: With `last`: one line for each thing done to the audio or left out.
        gaps: With `last`: start and end, in seconds, of missing parts.
    """

    audio: Annotated[bytes, msgspec.Meta(max_length=4 * MAX_BLOCK_SAMPLES)]
    last: bool = False
    truncated: bool = False
    error: Line | None = None
    notes: Annotated[list[Line], msgspec.Meta(max_length=MOST_NOTES)] = []
    gaps: Annotated[list[tuple[float, float]], msgspec.Meta(max_length=MAX_GAPS)] = []
