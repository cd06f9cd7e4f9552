"""Decide whether words are kept, from the guard's verdict and the probability of speech.

The guard (`sentivox.asr.guard`) judges the text and the engine's own figures. The speech model
(`sentivox.tone.speech`) judges only the audio.
"""

from typing import Final

from sentivox.asr.guard import LOW_CONFIDENCE

GUESS_CONFIDENCE: Final = 0.3
"""Confidence below which words are guesses. Of speech in a foreign language a recogniser makes
fluent sentences that nobody said; most of them lie below it, and hardly any real ones do."""

MIN_SENTENCE_WORDS: Final = 3
MAX_ANSWER_S: Final = 1.5
"""Fewer than MIN_SENTENCE_WORDS words in at most MAX_ANSWER_S seconds, margins included, are a
short answer. Words on their own often get low confidence, so a guess at a short answer is kept if
the audio is surely speech. More words may be a sentence invented for foreign speech. Fewer words
in more time are not all that was said."""

LOW_SPEECH: Final = 0.7
HIGH_SPEECH: Final = 0.85
"""Below a probability of speech of LOW_SPEECH, words are rejected unless the engine is certain of
them. From HIGH_SPEECH on, an engine's doubt is about which words were said, not whether any were.
Between the two its confidence decides: `LOW_CONFIDENCE` is enough. The speech model's card shows
which sounds lie where."""

NOT_SPEECH: Final = "not_speech"
"""The reason for rejecting words whose audio the speech model does not take for speech."""

MIN_ANSWER_CONFIDENCE: Final = 0.4
"""Confidence that is enough for a short answer between LOW_SPEECH and HIGH_SPEECH. All three were
chosen on noises and single words, each judged by networks that were not trained on them."""


def is_final(reason: str) -> bool:
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
    return words < MIN_SENTENCE_WORDS and seconds <= MAX_ANSWER_S


def final_rejection(
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
    if reason is not None and is_final(reason):
        return reason
    guessed = confidence is not None and confidence < GUESS_CONFIDENCE
    if speech is None:
        return reason or ("low_confidence" if guessed and not weighed else None)
    if speech < LOW_SPEECH:
        return None if certain and reason is None else NOT_SPEECH
    if speech < HIGH_SPEECH:
        enough = (
            GUESS_CONFIDENCE if weighed else MIN_ANSWER_CONFIDENCE if answer else LOW_CONFIDENCE
        )
        doubted = confidence is not None and confidence < enough
        return reason or ("low_confidence" if doubted else None)
    if guessed and not answer and not weighed:
        return reason or "low_confidence"
    return reason if reason == "no_speech" and confidence is None else None
