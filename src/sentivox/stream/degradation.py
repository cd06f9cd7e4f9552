"""Levels of reduced work for a stream while the machine cannot keep up."""

from enum import IntEnum
from typing import Final


class Degradation(IntEnum):
    """How much of the analysis is left out. Each level includes the ones below it."""

    NONE = 0
    """Full analysis."""
    COARSE_TONE = 1
    """Tone windows are scored half as often."""
    NO_SPECULATION = 2
    """Utterances are transcribed only once their endpoint is certain."""
    NO_LATE_WORDS = 3
    """Transcription jobs that are already late are dropped. The shell does this, not the stream."""


MESSAGES: Final = {
    Degradation.NONE: "the server is keeping up again: full analysis resumes",
    Degradation.COARSE_TONE: "the server is busy: tone is reported half as often",
    Degradation.NO_SPECULATION: "the server is busy: transcripts arrive later as well",
    Degradation.NO_LATE_WORDS: "the server is overloaded: late transcripts are dropped",
}
"""Text of the `Warning` that the client gets on entering a level."""
