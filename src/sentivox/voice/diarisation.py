"""Diarisation of a recording: how many voices there are, and which of them speaks when.

Voiceprints of stretches of about three seconds are divided into two groups by spherical k-means
(Dhillon and Modha 2001). The division stands if it explains more of their spread than dividing one
voice would, and each group is then divided in the same way. Finally the voices are followed
through each utterance by the Viterbi algorithm, window by window, at a price for each change; so
an utterance in which one speaker follows another without a pause becomes two turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.types import SAMPLE_RATE, DoubleArray, FloatArray
from sentivox.voice.turns import Turn, Turns

MIN_GROUPED_S: Final = 1.0
"""Seconds of the shortest utterance that counts in finding the voices; shorter ones only get the
nearest of them."""

MIN_S: Final = 0.25
"""Seconds of the shortest utterance with a voiceprint."""

STRETCH: Final = 3
"""Windows of a stretch of speech with one voiceprint."""

MIN_STRETCHES: Final = 2
"""Fewest stretches by which a voice is known."""

MIN_GAIN: Final = (0.04, 0.4)
"""Least gain in mean cosine to the nearest voice, of two voices over one: the first number, and the
second divided by the number of stretches. The fewer they are, the better any division fits."""

MIN_SHARE: Final = (0.14, 1.7)
"""Least gain as a share of the spread around one voice, in the same form. Both were chosen on some
of the dialogues and speakers in the model card, and measured on the others."""

CHANGE_COST: Final = 0.3
"""What a change of speakers within an utterance costs, in cosines of one window."""

REACH_S: Final = 0.25
"""Seconds by which a change is moved to the quietest moment nearby."""

LOUDNESS_RATE: Final = 100
"""Values of `Spoken.loudness` per second."""

_SEEDS: Final = 24
_STARTS: Final = 12
_ROUNDS: Final = 20

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """One utterance of a recording.

    Attributes:
        start: Absolute sample at which it begins.
        stop: Absolute sample at which it ends.
        voiceprints: Shape (windows, dim): of windows spread evenly over it.
        loudness: Shape (n,), root mean square in each hundredth of a second.
    """

    start: int
    stop: int
    voiceprints: FloatArray
    loudness: FloatArray


def diarise(spoken: Sequence[Spoken]) -> Turns:
    """Find the voices in the utterances of a recording, and say which speaks when.

    Args:
        spoken: The utterances, in order.

    Returns:
        The turns. Speakers are S1, S2 … in the order in which they first speak; all turns are S1's
        if no second voice can be told from the first.
    """
    voices = _voices(spoken)
    found = [turn for one in spoken for turn in _followed(one, voices)]
    order = list(dict.fromkeys(voice for _, _, voice in found))
    return Turns([Turn(a, b, f"S{order.index(voice) + 1}") for a, b, voice in found])


def _voices(spoken: Sequence[Spoken]) -> DoubleArray:
    """The mean voiceprint of each voice, shape (voices, dim); none is zero unless all are."""
    long = [one for one in spoken if one.stop - one.start >= MIN_GROUPED_S * SAMPLE_RATE]
    prints: list[DoubleArray] = []
    seconds: list[float] = []
    for one in long or spoken:
        parts = max(1, round(len(one.voiceprints) / STRETCH))
        prints += [_unit(part.mean(axis=0)) for part in np.array_split(one.voiceprints, parts)]
        seconds += [(one.stop - one.start) / SAMPLE_RATE / parts] * parts
    if not prints:
        return np.zeros((1, 1))
    groups = _divided(np.stack(prints), np.asarray(seconds))
    return np.stack([_mean(np.stack(prints)[g], np.asarray(seconds)[g]) for g in groups])


def _divided(prints: DoubleArray, weights: DoubleArray) -> list[Labels]:
    """The members of each voice, as indices of `prints`."""
    left, found = [np.arange(len(prints))], list[Labels]()
    while left:
        group = left.pop()
        second = _second_voice(prints[group], weights[group])
        if second is None:
            found.append(group)
        else:
            left += [group[second], group[~second]]
    return found


def _second_voice(prints: DoubleArray, weights: DoubleArray) -> NDArray[np.bool_] | None:
    """Which of the voiceprints are of a second voice; None if all are of one.

    Args:
        prints: Shape (n, dim), of length 1.
        weights: Shape (n,), seconds.
    """
    if len(prints) < 2 * MIN_STRETCHES or (two := _in_two(prints, weights)) is None:
        return None
    near = np.average((prints @ _mean(prints, weights)), weights=weights)
    means = _means(prints, weights, two)
    gain = np.average((prints @ means.T)[np.arange(len(two)), two.astype(int)], weights=weights)
    gain -= near
    least, share = (a + b / len(prints) for a, b in (MIN_GAIN, MIN_SHARE))
    enough = min(two.sum(), (~two).sum()) >= MIN_STRETCHES
    return two if enough and gain > least and gain > share * (1 - near) else None


def _in_two(prints: DoubleArray, weights: DoubleArray) -> NDArray[np.bool_] | None:
    """The best division by spherical 2-means from several starts; None if there is none.

    It starts from those pairs among the longest stretches that are least alike.
    """
    longest = np.argsort(-weights, kind="stable")[:_SEEDS]
    alike = prints[longest] @ prints[longest].T
    pairs = sorted(combinations(range(len(longest)), 2), key=lambda p: float(alike[p]))
    best, found = -np.inf, None
    for pair in pairs[:_STARTS]:
        means, two = prints[longest[list(pair)]], None
        for _ in range(_ROUNDS):
            now = (prints @ means.T).argmax(axis=1) == 1
            if now.all() or not now.any() or (two is not None and (now == two).all()):
                break
            two = now
            means = _means(prints, weights, two)
        if two is not None:
            fit = float(weights @ (prints @ means.T).max(axis=1))
            best, found = (fit, two) if fit > best else (best, found)
    return found


def _means(prints: DoubleArray, weights: DoubleArray, two: NDArray[np.bool_]) -> DoubleArray:
    return np.stack([_mean(prints[part], weights[part]) for part in (~two, two)])


def _mean(prints: DoubleArray, weights: DoubleArray) -> DoubleArray:
    return _unit(weights @ prints)


def _followed(one: Spoken, voices: DoubleArray) -> list[tuple[int, int, int]]:
    """The turns of an utterance, as (start, stop, voice)."""
    if len(voices) == 1:
        return [(one.start, one.stop, 0)]
    path = _path(_unit(one.voiceprints) @ voices.T)
    middles = _middles(one, len(path))
    changes = [i for i in range(1, len(path)) if path[i] != path[i - 1]]
    cuts = [_quietest(one, (middles[i - 1] + middles[i]) // 2) for i in changes]
    return [
        (a, b, path[i])
        for a, b, i in zip([one.start, *cuts], [*cuts, one.stop], [0, *changes], strict=True)
    ]


def _path(near: DoubleArray) -> list[int]:
    """The best voice of each window (Viterbi), from cosines of shape (windows, voices)."""
    total: DoubleArray = near[0]
    came = np.zeros(near.shape, np.intp)
    every: Labels = np.arange(len(total), dtype=np.intp)
    for i in range(1, len(near)):
        best = int(total.argmax())
        changing = float(total[best]) - CHANGE_COST
        came[i] = np.where(changing > total, best, every)
        total = np.maximum(changing, total) + near[i]
    path = [int(total.argmax())]
    for i in range(len(near) - 1, 0, -1):
        path.append(int(came[i, path[-1]]))
    return path[::-1]


def _middles(one: Spoken, windows: int) -> list[int]:
    """The middle of each window, as an absolute sample."""
    half = min(one.stop - one.start, round(1.6 * SAMPLE_RATE)) // 2
    middles = np.linspace(one.start + half, one.stop - half, windows)
    return middles.round().astype(int).tolist()


def _quietest(one: Spoken, cut: int) -> int:
    """The quietest moment near `cut`, as an absolute sample."""
    step, reach = SAMPLE_RATE // LOUDNESS_RATE, round(REACH_S * LOUDNESS_RATE)
    begin = max((cut - one.start) // step - reach, 0)
    near = np.convolve(one.loudness, np.ones(5), mode="same")[begin : begin + 2 * reach]
    return one.start + step * (begin + int(near.argmin())) if len(near) else cut


def _unit(vectors: FloatArray | DoubleArray) -> DoubleArray:
    """The vectors, shape (…, dim), at length 1; zeros stay zero."""
    wide = np.asarray(vectors, np.float64)
    return wide / np.maximum(np.linalg.norm(wide, axis=-1, keepdims=True), 1e-12)
