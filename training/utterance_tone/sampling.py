"""How often each clip is drawn: corpora by a power of their size, and their classes alike."""

from collections.abc import Sequence

import numpy as np

from training.utterance_tone.corpus import UNKNOWN, Clip

SURPRISE_SHARE = 0.4
"""How often clips of surprise are drawn, relative to those of one sentiment: they have none."""


def draw_weights(clips: Sequence[Clip], rows: np.ndarray, power: float) -> np.ndarray:
    """The probability of drawing each of the clips at `rows`, shape (rows,).

    Args:
        clips: All clips.
        rows: Indices of those to draw from.
        power: 0 draws all corpora alike, 1 in proportion to their clips.
    """
    groups: dict[tuple[str, int, int], list[int]] = {}
    for place, row in enumerate(rows):
        clip = clips[row]
        groups.setdefault((clip.corpus, clip.sentiment, clip.emotion), []).append(place)
    weight = np.zeros(len(rows))
    for corpus in {corpus for corpus, _, _ in groups}:
        those = {key: places for key, places in groups.items() if key[0] == corpus}
        sentiments = {sentiment for _, sentiment, _ in those}
        size = sum(map(len, those.values())) ** power
        for sentiment in sentiments:
            emotions = [places for key, places in those.items() if key[1] == sentiment]
            share = size / len(sentiments) * (SURPRISE_SHARE if sentiment == UNKNOWN else 1.0)
            for places in emotions:
                weight[places] = share / len(emotions) / len(places)
    return weight / weight.sum()
