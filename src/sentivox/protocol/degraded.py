"""What `Utterance.degraded` says: which parts of the analysis an utterance lacks, and why."""

from collections.abc import Iterable


def words_lost(degraded: Iterable[str]) -> bool:
    """Whether an utterance has no words only because the recogniser failed on it.

    Not so where nothing was said, the guard refused what was heard, or the language is none of
    the recogniser's.

    Args:
        degraded: What the utterance says that it lacks.
    """
    reasons = [one.removeprefix("asr_failed:") for one in degraded if one.startswith("asr_failed:")]
    return any(reason != "unsupported_language" for reason in reasons)
