"""What a label means to us, however its source spells it."""

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
    "other": ("mixed", "ambiguous", "unknown", "boredom", "bored"),
}
"""Our names, and what else is understood. "other" is what belongs to none of our classes."""

_OURS: Final = {
    spelling: ours for ours, others in _SPELLINGS.items() for spelling in (ours, *others)
}

ACCEPTED: Final = ", ".join(_SPELLINGS)
"""The names to use in data of one's own, for messages."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label says: one of EMOTIONS or None, one of SENTIMENTS or None."""

    emotion: str | None
    sentiment: str | None


def meaning(label: str) -> Meaning:
    """The meaning of a label in any case and spelling we know.

    "neutral" is both an emotion and a sentiment. Surprise has no sentiment, and boredom and what
    its source calls mixed or ambiguous have neither: such examples are left out and counted.

    Raises:
        ValueError: The label is unknown.
    """
    ours = _OURS.get(re.sub(r"[\s_-]+", " ", label.strip().lower()))
    if ours is None:
        raise ValueError(f"unknown label {label!r}; use one of {ACCEPTED}")
    emotion = ours if ours in EMOTIONS else None
    return Meaning(emotion, ours if ours in SENTIMENTS else SENTIMENT_OF.get(ours))


def gender(name: str | None) -> str | None:
    """Give "female" or "male" from the usual spellings; None from anything else."""
    return {"f": "female", "m": "male"}.get((name or "").strip().lower()[:1])
