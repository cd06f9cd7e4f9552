"""Whether words stand in the end: what the guard says of them, against what the audio sounds like.

The guard (`sentivox.asr.guard`) knows the text and the engine's own figures; the speech model
(`sentivox.tone.speech`) has heard the audio and knows no words.
"""

from typing import Final

from sentivox.asr.guard import LOW_CONFIDENCE

GUESSED: Final = 0.3
"""Confidence below which words are guessed, whoever speaks: of foreign speech a recogniser makes
fluent sentences that nobody said, most of them below it, and of real ones hardly any."""

SENTENCE: Final = 3
ANSWER_S: Final = 1.5
"""Fewer words than the former in no more audio than the latter, its margins included, are a short
answer. Words on their own are often heard with little confidence, so a guess at an answer stays in
a voice that surely speaks. More words are such a sentence; fewer in more time are not all that was
said."""

NOT_SPEECH: Final = 0.7
SPEECH: Final = 0.85
"""An utterance that is speech with less than the former probability has no words, unless the engine
is certain of them; from the latter on an engine's doubt is about what was said, not about whether
anything was. Between the two its doubt decides: `LOW_CONFIDENCE` and above is no doubt. See the
card of the speech model for who lies where."""

DOUBTED: Final = 0.4
"""Confidence that is enough for an answer between the two. All three were chosen while looking at
noises and single words, each judged by networks that had not heard them."""


def settled(reason: str) -> bool:
    """Whether a rejection stands, even if it should be speech.

    An engine's doubt alone does not: what it heard may be wrong, and its confidence says so, but
    words were said. Text that shows by itself that nobody said it stays rejected.
    """
    return reason not in {"no_speech", "low_confidence"}


def is_answer(words: int, seconds: float) -> bool:
    """Whether so many words are a short answer, and all that there was time for.

    Args:
        words: How many they are.
        seconds: Of the utterance, with its margins.
    """
    return words < SENTENCE and seconds <= ANSWER_S


def weigh(
    reason: str | None,
    speech: float | None,
    confidence: float | None = None,
    *,
    certain: bool = False,
    answer: bool = False,
    weighed: bool = False,
) -> str | None:
    """Why words are refused in the end, or None.

    Args:
        reason: Why `reject` refused them, or None.
        speech: The probability that the utterance is speech; None where nobody can tell.
        confidence: The engine's in its words, 0…1; None where it has no such figure.
        certain: Whether the engine is `certain` of them.
        answer: Whether they are a short answer, `is_answer`.
        weighed: Whether the engine tells what else may have been said. The sentiment is taken over
            all of it, so that its doubt is weighed already.
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
