"""Sentences of a report, composed from its figures."""

from collections.abc import Mapping, Sequence
from typing import Final

from sentivox.protocol.summary import ChannelSummary
from sentivox.types import EMOTIONS, SENTIMENTS

LABELS: Final = (*SENTIMENTS, "unclear")


def verdict(summary: ChannelSummary) -> str:
    """A sentence with the numbers of utterances by label."""
    if not summary.utterances:
        return "No speech was found."
    plural = "utterance" if summary.utterances == 1 else "utterances"
    parts = [f"{n} {label}" for label, n in summary.counts.items() if n]
    return f"{summary.utterances} {plural}: {_listed(parts)}."


def without_words(missing: int) -> str:
    """A sentence that says for how many utterances, at least one, the recogniser failed."""
    whose = "1 utterance has" if missing == 1 else f"{missing} utterances have"
    return f"{whose} no words, as the speech recogniser failed."


def strongest(shares: Mapping[str, float], count: int = 3) -> str:
    """The emotions with the largest shares, such as "angry 41 %, sad 20 %"; none below 5 %."""
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])[:count]
    # No-break spaces keep a number and its unit on one line.
    return ", ".join(
        f"{name}\N{NO-BREAK SPACE}{100 * share:.0f}\N{NO-BREAK SPACE}%"
        for name, share in ordered
        if share >= 0.05
    )


def emotions(weighted: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The weighted mean of emotion probabilities, given as (weight, probabilities by emotion).

    Empty if the weights sum to 0.
    """
    total = sum(weight for weight, _ in weighted)
    if total <= 0:
        return {}
    return {
        name: sum(w * scores.get(name, 0.0) for w, scores in weighted) / total for name in EMOTIONS
    }


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
