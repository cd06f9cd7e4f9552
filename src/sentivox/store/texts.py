"""What is kept of transcripts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sentivox.conversation.privacy import redacted_summary, redacted_utterance, without_text
from sentivox.protocol.events import Summary, Utterance

Texts = Literal["full", "redacted", "none"]
"""What is kept of transcripts: all, all but numbers and addresses, or nothing."""


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Messages with what is kept of their transcripts.

    Attributes:
        utterance: Returns an utterance to keep.
        summary: Returns a summary to keep.
    """

    utterance: Callable[[Utterance], Utterance]
    summary: Callable[[Summary], Summary]


TEXT_FILTERS: Final[dict[Texts, TextFilter]] = {
    "full": TextFilter(lambda said: said, lambda found: found),
    "redacted": TextFilter(redacted_utterance, redacted_summary),
    "none": TextFilter(without_text, without_text),
}
"""The filter of each choice."""
