"""Make one side of a conversation, of any length, from the turns of the sample call."""

import math

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.samples import CALL, script
from sentivox.types import SAMPLE_RATE, Int16Array

SHORTEST_PAUSE_S = 0.7
"""Longer than the silence that ends an utterance, so that each turn is one utterance."""

PAUSE_LOG_SD = 0.8
"""Standard deviation of the pauses' logarithms: most pauses are short, and some last while the
other side talks at length."""

MARGIN_S = 0.1  # kept before each turn


def sample_turns() -> list[Int16Array]:
    """Return the turns of the sample call, each mono int16 at 16 kHz, 1.4 to 3.4 s long."""
    sides = np.concatenate(list(AudioFile(CALL)), axis=1)
    cuts: list[Int16Array] = []
    for turn in script()["turns"]:
        start, stop = ((t * SAMPLE_RATE) for t in (turn["start"] - MARGIN_S, turn["end"]))
        cuts.append(sides[turn["channel"], round(start) : round(stop)])
    return cuts


def dialogue(
    said: list[Int16Array], seconds: float, *, talk: float, rng: np.random.Generator
) -> Int16Array:
    """Join turns in random order, with random pauses between them.

    Args:
        said: Turns to choose from, mono int16 at 16 kHz.
        seconds: Duration of the result.
        talk: Approximate share of the time that is speech, 0…1.
        rng: Chooses the turns and the pauses.

    Returns:
        Mono int16 at 16 kHz, shape (seconds * 16000,).

    Raises:
        ValueError: `talk` leaves less than the shortest pause between two turns.
    """
    mean = float(np.mean([turn.size for turn in said])) / SAMPLE_RATE
    beyond = mean * (1 - talk) / talk - SHORTEST_PAUSE_S
    if beyond <= 0:
        most = mean / (mean + SHORTEST_PAUSE_S)
        raise ValueError(f"a talk ratio of {talk:g} leaves no pauses: take at most {most:.2f}")
    total = round(seconds * SAMPLE_RATE)
    parts: list[Int16Array] = [_silence(rng.uniform(0, beyond + SHORTEST_PAUSE_S), rng)]
    while sum(part.size for part in parts) < total:
        parts.append(said[rng.integers(len(said))])
        # A lognormal with this location has the mean `beyond`.
        pause = SHORTEST_PAUSE_S + rng.lognormal(
            math.log(beyond) - PAUSE_LOG_SD**2 / 2, PAUSE_LOG_SD
        )
        parts.append(_silence(pause, rng))
    return np.concatenate(parts)[:total]


def _silence(seconds: float, rng: np.random.Generator) -> Int16Array:
    """Noise as on a quiet line, not digital zero."""
    return rng.integers(-2, 3, round(seconds * SAMPLE_RATE)).astype(np.int16)
