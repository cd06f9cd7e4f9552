"""What the scores of clips come to: alone and in a session, by class and by gender."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentivox.evaluation.metrics import confusion, ece, recall, uar
from sentivox.tone.baseline import Baseline, against
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray
from training.utterance_tone.corpus import UNKNOWN, Clip


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the clips of one corpus.

    Attributes:
        alone: UAR of three classes, each clip by itself.
        session: The same where a speaker's clips follow one another in a random order, each heard
            against the speaker's usual voice so far.
        mood: The same in sessions of one sentiment each, the worst case.
        emotions: UAR of eight emotions; NaN where the corpus does not name them.
        recalls: Of negative, neutral and positive.
        genders: UAR of women and of men; NaN where it is not known who they are.
        ece: Expected calibration error of the sentiments.
        sure: Share of right guesses among those that are given at least 0.8.
    """

    alone: float
    session: float
    mood: float
    emotions: float
    recalls: tuple[float, ...]
    genders: tuple[float, float]
    ece: float
    sure: float


def figures(clips: Sequence[Clip], log_probs: FloatArray) -> Figures:
    """Figures of clips and what was said of them, (clips, 3 + 8) log-probabilities."""
    three, eight = log_probs[:, : len(SENTIMENTS)], log_probs[:, len(SENTIMENTS) :]
    truth = np.array([clip.sentiment for clip in clips])
    emotion = np.array([clip.emotion for clip in clips])
    gender = np.array([clip.gender for clip in clips])
    known, named = truth != UNKNOWN, emotion != UNKNOWN
    guess = three.argmax(axis=1)
    probs = np.exp(three[known])
    sure = probs.max(axis=1) >= 0.8
    right = guess[known] == truth[known]

    def of(rows: np.ndarray) -> float:
        return uar(confusion(truth[rows], guess[rows], 3)) if rows.any() else np.nan

    def talking(*, one_mood: bool) -> float:
        heard = in_sessions(clips, three, one_mood=one_mood).argmax(axis=1)
        return uar(confusion(truth[known], heard[known], 3))

    return Figures(
        alone=of(known),
        session=talking(one_mood=False),
        mood=talking(one_mood=True),
        emotions=uar(confusion(emotion[named], eight[named].argmax(axis=1), len(EMOTIONS)))
        if named.any() else np.nan,
        recalls=tuple(recall(confusion(truth[known], guess[known], 3)).tolist()),
        genders=(of(known & (gender == "female")), of(known & (gender == "male"))),
        ece=ece(probs.max(axis=1), right),
        sure=float(right[sure].mean()) if sure.any() else np.nan,
    )  # fmt: skip


def in_sessions(
    clips: Sequence[Clip], log_probs: FloatArray, *, one_mood: bool = False
) -> FloatArray:
    """Log-probabilities (clips, 3) against each speaker's baseline, in one random order.

    Args:
        clips: Who speaks in each clip, and in which mood.
        log_probs: What was said of them, (clips, 3).
        one_mood: Make each sentiment of a speaker a session of its own.
    """
    usual: defaultdict[tuple[str, int], Baseline] = defaultdict(Baseline)
    heard = np.empty_like(log_probs)
    for clip in np.random.default_rng(0).permutation(len(clips)):
        baseline = usual[clips[clip].speaker, clips[clip].sentiment if one_mood else UNKNOWN]
        heard[clip] = against(log_probs[clip], baseline.shift)
        baseline.add(log_probs[clip])
    return heard
