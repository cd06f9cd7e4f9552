"""What happens to conversations, as a store takes it: plain data that can wait in a file.

Each change can be applied several times, and in any order, with the same result.
"""

from typing import Final, Literal

import msgspec

from sentivox.protocol.events import Alert, Begin, Utterance
from sentivox.protocol.summary import ChannelSummary
from sentivox.webhooks.delivery import Delivery

Source = Literal["stream", "upload", "recording"]
"""Where a session came from: a live stream, `POST /v1/analyze`, or `sentivox analyze`."""


class Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """A change of the session with this id."""

    session_id: str


class Began(Change, frozen=True, kw_only=True, tag="began"):
    """A session began.

    Attributes:
        at: Time in seconds since 1970.
        owner: Name of the token's holder; "" where no token is needed.
        source: Where it came from.
        name: Name of the recording, if it is one.
        tags: What the client calls it by.
        version: Version of Sentivox.
        begin: Its Begin message.
    """

    at: float
    owner: str
    source: Source
    begin: Begin
    version: str
    name: str | None = None
    tags: tuple[str, ...] = ()


class Said(Change, frozen=True, kw_only=True, tag="said"):
    """An utterance, in one of its revisions.

    Attributes:
        utterance: The message.
        tone: The windows of its live tone, as `store.tone` packs them; b"" without any.
    """

    utterance: Utterance
    tone: bytes = b""


class Ended(Change, frozen=True, kw_only=True, tag="ended"):
    """A session ended.

    Attributes:
        at: Time in seconds since 1970.
        outcome: The reason in its Termination.
        duration: Seconds of audio.
        channels: Figures of each channel.
        mood: Up to `MOOD_POINTS` values of the mood of all channels, for a sparkline.
        headline: What happened, in a sentence or two, by language.
    """

    at: float
    outcome: str
    duration: float
    channels: list[ChannelSummary] = []
    mood: list[float] = []
    headline: dict[str, str] | None = None


class Fired(Change, frozen=True, kw_only=True, tag="fired"):
    """An alert rule came true.

    Attributes:
        alert: The message.
    """

    alert: Alert


class Owed(Change, frozen=True, kw_only=True, tag="owed"):
    """A webhook is to be delivered.

    Attributes:
        delivery: What is to be sent, and to whom.
    """

    delivery: Delivery


AnyChange = Began | Said | Fired | Ended | Owed

MOOD_POINTS: Final = 32
"""Most points of a sparkline."""


def encode(change: AnyChange) -> bytes:
    """A change as one line of JSON, without the line's end."""
    return msgspec.json.encode(change)


def decode(line: bytes) -> AnyChange:
    """A change from its line.

    Raises:
        msgspec.DecodeError: The line is not a change; it may have been cut off.
    """
    return msgspec.json.decode(line, type=AnyChange)


def sparkline(mood: list[float]) -> list[float]:
    """At most `MOOD_POINTS` of the values, evenly spaced, with the first and the last."""
    if len(mood) <= MOOD_POINTS:
        return mood
    last = len(mood) - 1
    return [mood[round(i * last / (MOOD_POINTS - 1))] for i in range(MOOD_POINTS)]
