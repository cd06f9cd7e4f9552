"""What foreign protocols say of an utterance's sentiment, in words of ours."""

from typing import Any

from sentivox.protocol.events import Utterance


def sentiment(utterance: Utterance) -> dict[str, Any] | None:
    """The fused sentiment of an utterance, as a JSON object; None if there is none.

    `label`, `score` (-1…1) and `confidence` are those of `fused`, `emotion` is the strongest by
    tone, and `text` and `tone` are the scores of each alone, where they are known.
    """
    fused, tone, text = utterance.fused, utterance.audio_sentiment, utterance.text_sentiment
    if fused is None:
        return None
    return {
        "label": fused.label,
        "score": utterance.fused_score,
        "confidence": fused.confidence,
        "emotion": None if tone is None else max(tone.emotions, key=tone.emotions.__getitem__),
        "text": None if text is None else text.score,
        "tone": None if tone is None else tone.score,
    }
