"""What a stream does without while the machine cannot keep up, in the order in which it goes."""

from enum import IntEnum
from typing import Final


class Degradation(IntEnum):
    """Each level includes those before it."""

    NONE = 0
    """Everything is done."""
    COARSE_TONE = 1
    """Tone windows half as often."""
    NO_SPECULATION = 2
    """Words are sought only once the end of an utterance is certain."""
    NO_LATE_WORDS = 3
    """Words that are late already are not sought any more: this the shell does."""


MESSAGES: Final = {
    Degradation.NONE: "the server keeps up again: everything is done as asked",
    Degradation.COARSE_TONE: "the server is busy: tone comes half as often",
    Degradation.NO_SPECULATION: "the server is busy: words come later too",
    Degradation.NO_LATE_WORDS: "the server is overloaded: words that are late do not come at all",
}
"""What the client is told on entering a level."""
