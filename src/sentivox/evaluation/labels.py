"""Maps the labels of data sets, in their various spellings, to emotions and sentiments."""

import re
from dataclasses import dataclass
from typing import Final

from sentivox.tone.sentiment import SENTIMENT_OF
from sentivox.types import EMOTIONS, SENTIMENTS

_SPELLINGS: Final = {
    "neutral": ("neu", "neutrality"),
    "calm": ("calmness",),
    "happy": ("hap", "happiness", "joy", "joyful", "excited", "excitement"),
    "sad": ("sadness",),
    "angry": ("ang", "anger"),
    "fearful": ("fea", "fear", "anxiety", "anxious"),
    "disgust": ("dis", "disgusted"),
    "surprised": ("sur", "surprise", "ps", "pleasant surprise", "pleasantly surprised"),
    "negative": ("neg", "very negative"),
    "positive": ("pos", "very positive"),
    "other": ("mixed", "ambiguous", "unclear", "unknown", "boredom", "bored"),
}
"""Our names of labels and their accepted spellings; "other" belongs to none of our classes."""

_OURS: Final = {
    spelling: ours for ours, others in _SPELLINGS.items() for spelling in (ours, *others)
}
"""Our name for each accepted spelling."""

ACCEPTED_LABELS: Final = ", ".join(_SPELLINGS)
"""Our names of labels, for error messages."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a label: one of EMOTIONS or None, and one of SENTIMENTS or None."""

    emotion: str | None
    sentiment: str | None


def meaning(label: str) -> Meaning:
    """The meaning of a label, in any case and known spelling.

    "neutral" is both an emotion and a sentiment. Surprise has no sentiment. Boredom and labels
    such as "mixed" or "ambiguous" have neither an emotion nor a sentiment.

    Raises:
        ValueError: The label is unknown.
    """
    ours = _OURS.get(re.sub(r"[\s_-]+", " ", label.strip().lower()))
    if ours is None:
        raise ValueError(f"unknown label {label!r}; use one of {ACCEPTED_LABELS}")
    emotion = ours if ours in EMOTIONS else None
    return Meaning(emotion, ours if ours in SENTIMENTS else SENTIMENT_OF.get(ours))


def gender(name: str | None) -> str | None:
    """Return "female" or "male" for a text that begins with f or m, in any case; else None."""
    return {"f": "female", "m": "male"}.get((name or "").strip().lower()[:1])
