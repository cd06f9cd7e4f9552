"""What is kept of transcripts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sentivox.conversation.privacy import (
    alert_without_text,
    redacted_alert,
    redacted_summary,
    redacted_utterance,
    without_text,
)
from sentivox.protocol.events import Alert, Summary, Utterance

Texts = Literal["full", "redacted", "none"]
"""What is kept of transcripts: all, all but numbers and addresses, or nothing."""


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Messages with what is kept of their transcripts.

    Attributes:
        utterance: Returns an utterance to keep.
        summary: Returns a summary to keep.
        alert: Returns an alert to keep.
    """

    utterance: Callable[[Utterance], Utterance]
    summary: Callable[[Summary], Summary]
    alert: Callable[[Alert], Alert]


TEXT_FILTERS: Final[dict[Texts, TextFilter]] = {
    "full": TextFilter(lambda said: said, lambda found: found, lambda fired: fired),
    "redacted": TextFilter(redacted_utterance, redacted_summary, redacted_alert),
    "none": TextFilter(without_text, without_text, alert_without_text),
}
"""The filter of each choice."""
