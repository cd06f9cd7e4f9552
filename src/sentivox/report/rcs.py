"""An utterance as one line of a language model's prompt: how it was said, then what was said.

The form is that of the Real-time Context Standard 0.1, an alpha by the makers of Pipecat:
https://docs.pipecat.ai/api-reference/standards/real-time-context-standard.md
"""

from typing import Final

from sentivox.protocol.events import Utterance
from sentivox.protocol.sentiment import Scores
from sentivox.system.usage import require

LEAST: Final = 0.05
"""Probability below which an emotion or sentiment is not worth the model's attention."""

# With their wide and vertical forms, which a language model reads as the same.
_ROUND: Final = str.maketrans("[]［］﹇﹈", "()（）（）")


def rcs(
    utterance: Utterance, *, words: str | None = None, most: int = 2, least: float = LEAST
) -> str:
    """Write the mood and the words of an utterance, for the prompt of a voice agent.

    `emotion` is that of the tone, `sentiment` that of words and tone together. One that is not
    known is left out; if neither is, the words stand alone. Square brackets are the form's own:
    those among the words become round ones, and the words one line, so that nobody can give
    themselves a mood by saying it.

    Example:
        >>> rcs(utterance)
        '([emotion angry=0.62, disgust=0.17],[sentiment negative=0.84, neutral=0.14]) I am furious.'

    Args:
        utterance: An utterance, best a final one.
        words: What was said, where another recogniser knows better; by default the transcript.
        most: The number of probabilities, strongest first, of the emotion and of the sentiment.
        least: Probability, 0…1, below which none is written.

    Raises:
        UsageError: `utterance` is another event.
    """
    require("utterance", utterance, Utterance, "an Utterance: take these from the events")
    tone, fused = utterance.audio_sentiment, utterance.fused
    known = {"emotion": tone and tone.emotions, "sentiment": fused and fused.scores}
    readings = [
        f"[{name} {figures}]"
        for name, scores in known.items()
        if (figures := _strongest(scores or {}, most, least))
    ]
    said = utterance.transcript if words is None else words
    plain = " ".join((said or "").translate(_ROUND).split())
    return f"({','.join(readings)}) {plain}".rstrip() if readings else plain


def _strongest(scores: Scores, most: int, least: float) -> str:
    """Such as "happy=0.62, neutral=0.30"."""
    ordered = sorted(scores.items(), key=lambda pair: -pair[1])[:most]
    return ", ".join(f"{name}={p:.2f}" for name, p in ordered if p >= least)
