"""One labelled example: a recording or a sentence, and what is known of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A recording or a text with its label.

    Attributes:
        file: The recording, or None.
        text: The sentence, or None.
        label: As the source has it; None where it has none.
        emotion: One of EMOTIONS, or None where the label is not one of them.
        sentiment: One of SENTIMENTS, or None where the label does not say (surprise, boredom).
        transcript: The words of the recording.
        speaker: Who speaks; names are those of the source.
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
