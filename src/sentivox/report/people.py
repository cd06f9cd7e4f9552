"""Who speaks in a recording: its channels, or the voices told apart in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sentivox.protocol.events import Utterance
from sentivox.protocol.summary import ChannelSummary
from sentivox.report.document import Document


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks: the name for people, the figures, and what was said."""

    name: str
    figures: ChannelSummary
    said: Sequence[Utterance]


def people(result: Document) -> list[Person]:
    """Each channel of a recording, or the speakers told apart in it."""
    found: list[Person] = []
    for channel in result.channels:
        told = [s for s in result.summary.speakers if s.channel == channel.channel]
        for one in told or [channel.summary]:
            said = [u for u in channel.utterances if one.speaker in (None, u.speaker)]
            found.append(Person(one.speaker or result.names[channel.channel], one, said))
    return found
