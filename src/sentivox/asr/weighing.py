"""Decide whether words are kept, from the guard's verdict and the probability of speech.

The guard (`sentivox.asr.guard`) judges the text and the engine's own figures. The speech model
(`sentivox.tone.speech`) judges only the audio.
"""

from typing import Final

from sentivox.asr.guard import LOW_CONFIDENCE

GUESSED: Final = 0.3
"""Confidence below which words are guesses. Of speech in a foreign language a recogniser makes
fluent sentences that nobody said; most of them lie below it, and hardly any real ones do."""

SENTENCE: Final = 3
MAX_ANSWER_S: Final = 1.5
"""Fewer than SENTENCE words in at most MAX_ANSWER_S seconds, margins included, are a short answer.
Words on their own often get low confidence, so a guess at a short answer is kept if the audio is
surely speech. More words may be a sentence invented for foreign speech. Fewer words in more time
are not all that was said."""

NOT_SPEECH: Final = 0.7
SPEECH: Final = 0.85
"""Below a probability of speech of NOT_SPEECH, words are rejected unless the engine is certain of
them. From SPEECH on, an engine's doubt is about which words were said, not whether any were.
Between the two its confidence decides: `LOW_CONFIDENCE` is enough. The speech model's card shows
which sounds lie where."""

DOUBTED: Final = 0.4
"""Confidence that is enough for a short answer between NOT_SPEECH and SPEECH. All three were chosen
on noises and single words, each judged by networks that were not trained on them."""


def settled(reason: str) -> bool:
    """Whether a rejection stands even if the audio is speech.

    A rejection for the engine's doubt alone does not stand: the transcript may be wrong, and its
    low confidence says so, but words were said. Text that nobody can have said stays rejected.
    """
    return reason not in {"no_speech", "low_confidence"}


def is_answer(words: int, seconds: float) -> bool:
    """Whether words are a short answer, and all that the utterance has time for.

    Args:
        words: Number of words.
        seconds: Duration of the utterance with its margins.
    """
    return words < SENTENCE and seconds <= MAX_ANSWER_S


def final_reason(
    reason: str | None,
    speech: float | None,
    confidence: float | None = None,
    *,
    certain: bool = False,
    answer: bool = False,
    weighed: bool = False,
) -> str | None:
    """Decide whether the words of an utterance are rejected.

    Args:
        reason: Why `sentivox.asr.guard.reject` rejected the words, or None.
        speech: Probability that the utterance is speech, 0…1; None if there is no speech model.
        confidence: The engine's confidence, 0…1, or None if it has no such figure.
        certain: Whether the engine is certain of the words (`sentivox.asr.guard.certain`).
        answer: Whether the words are a short answer (`is_answer`).
        weighed: Whether the engine returns alternatives. The sentiment is averaged over them,
            which already accounts for the engine's doubt.

    Returns:
        The reason for rejecting them, or None to keep them.
    """
    if reason is not None and settled(reason):
        return reason
    guessed = confidence is not None and confidence < GUESSED
    if speech is None:
        return reason or ("low_confidence" if guessed and not weighed else None)
    if speech < NOT_SPEECH:
        return None if certain and reason is None else "not_speech"
    if speech < SPEECH:
        enough = GUESSED if weighed else DOUBTED if answer else LOW_CONFIDENCE
        doubted = confidence is not None and confidence < enough
        return reason or ("low_confidence" if doubted else None)
    if guessed and not answer and not weighed:
        return reason or "low_confidence"
    return reason if reason == "no_speech" and confidence is None else None
