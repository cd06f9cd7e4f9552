"""A labelled example: a recording or a sentence with its label and metadata."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A recording or a text with its label.

    Attributes:
        file: The recording, or None.
        text: The sentence, or None.
        label: The label as the source spells it; None if there is none.
        emotion: One of EMOTIONS, or None if the label is not one of them.
        sentiment: One of SENTIMENTS, or None if the label implies none (surprise, boredom).
        transcript: The reference transcript of the recording.
        speaker: The source's name for the speaker.
        group: The speaker's gender, "female" or "male".
        corpus: Name of the data set.
        split: "train", "dev", "test", …
    """

    file: Path | None = None
    text: str | None = None
    label: str | None = None
    emotion: str | None = None
    sentiment: str | None = None
    transcript: str | None = None
    speaker: str | None = None
    group: str | None = None
    corpus: str | None = None
    split: str | None = None
