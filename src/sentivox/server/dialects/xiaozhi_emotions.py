"""The faces of xiaozhi devices, and which of them a speaker's mood is.

The devices know 21 names, of which the mood of a speaker gives seven. The emojis are those that
https://github.com/xinnan-tech/xiaozhi-esp32-server sends with them.
"""

from collections.abc import Mapping
from typing import Any, Final

NEUTRAL: Final = "neutral"
"""The emotion of no mood, or of one that is unclear."""

_USUAL: Final = {"negative": "sad", "neutral": NEUTRAL, "positive": "happy"}
"""The emotion by the label of a sentiment, unless the tone says more."""

_BY_TONE: Final = {
    "negative": {
        "angry": "angry", "disgust": "angry", "fearful": "shocked", "surprised": "shocked",
    },
    "neutral": {"calm": "relaxed", "surprised": "surprised"},
    "positive": {"calm": "relaxed", "surprised": "surprised"},
}  # fmt: skip
"""The emotion by the label of a sentiment and the strongest emotion of the tone."""

EMOJIS: Final = {
    "angry": "😠",
    "happy": "🙂",
    "neutral": "😶",
    "relaxed": "😌",
    "sad": "😔",
    "shocked": "😱",
    "surprised": "😲",
}
"""The emoji of each emotion that can come."""


def emotion_of(mood: Mapping[str, Any] | None) -> str:
    """The emotion of a mood, as `readings.sentiment` describes one."""
    if mood is None:
        return NEUTRAL
    label = mood["label"]
    return _BY_TONE.get(label, {}).get(mood["emotion"]) or _USUAL.get(label, NEUTRAL)
