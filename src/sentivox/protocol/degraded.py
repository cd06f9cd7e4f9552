"""Interpretation of `Utterance.degraded`, the codes of what an utterance lacks and why."""

from collections.abc import Iterable


def words_lost(degraded: Iterable[str]) -> bool:
    """Whether an utterance has no words because the recogniser failed on it.

    False if nothing was said, if the words were refused as hallucinated, or if the recogniser does
    not support the language.

    Args:
        degraded: The codes in `Utterance.degraded`.
    """
    reasons = [one.removeprefix("asr_failed:") for one in degraded if one.startswith("asr_failed:")]
    return any(reason != "unsupported_language" for reason in reasons)
