"""How much silence follows the sound that the utterance tone model is given.

Whisper learnt from recordings that end in silence, and its encoder's output shifts with the length
of what follows the speech. So the rule is the same in training and in serving.
"""

from typing import Final

PADDED_STEP: Final = 8000
"""Padded lengths are multiples of this many samples (0.5 s), so sounds of similar length can share
a run."""

LEAST_SILENCE: Final = 16_000
"""Fewest samples of silence after the sound (1 s)."""


def padded_length(samples: int) -> int:
    """Number of samples of a sound of so many samples with the silence after it."""
    return -(-(samples + LEAST_SILENCE) // PADDED_STEP) * PADDED_STEP
