"""Doubts the tone of an utterance that may not be speech. Pure functions.

Voice activity detection takes some barks and sneezes for speech, but rarely with the probability
that speech has. If no words were found either, perhaps nobody spoke, and the lower that probability
is, the less the tone counts. Where words were found, but refused because the speech model does not
take the audio for speech, it counts for nothing.
"""

from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from sentivox.asr.weighing import NOT_SPEECH
from sentivox.protocol.sentiment import ToneSentiment
from sentivox.stream.scoring import by_name, sentiment_of
from sentivox.stream.stage import Draft
from sentivox.tone.trust import believed, speech_evidence
from sentivox.types import EMOTIONS, FloatArray

_LEAST: Final = 1e-4  # probability of an emotion, before taking logarithms; they are rounded


def doubt_tone(draft: Draft, speech_probability: float, min_confidence: float) -> None:
    """Soften the tone in a message without words, by the probability that it is of speech.

    Args:
        draft: The message, complete but for the fusion; changed in place.
        speech_probability: Mean probability of speech, 0…1, where the detector heard any.
        min_confidence: Probability, 0…1, below which the label is "unclear".
    """
    refused = f"asr_rejected:{NOT_SPEECH}" in draft.degraded
    evidence = 0.0 if refused else speech_evidence(speech_probability)
    has_words = draft.transcript is not None and draft.transcript.text.strip() != ""
    if draft.audio_sentiment is None or has_words or evidence == 1:
        return
    for i, opinion in enumerate(draft.opinions):
        if opinion.source == "tone":
            log_probs = believed(opinion.log_probs, evidence)
            draft.opinions[i] = replace(opinion, log_probs=log_probs)
            draft.audio_sentiment = _softened(
                draft.audio_sentiment, log_probs, evidence, min_confidence
            )


def _softened(
    tone: ToneSentiment, log_probs: FloatArray, by: float, min_confidence: float
) -> ToneSentiment:
    said = sentiment_of(log_probs, min_confidence)
    emotions = np.array([max(tone.emotions[name], _LEAST) for name in EMOTIONS], np.float32)
    return msgspec.structs.replace(
        tone,
        label=said.label,
        score=said.score,
        scores=said.scores,
        emotions=by_name(np.exp(believed(np.log(emotions), by)), EMOTIONS),
    )
