"""Score clips as the server does, and count the confusions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from sentivox.evaluation.metrics import confusion
from sentivox.tone.baseline import Baseline, against
from sentivox.tone.clips import window_bounds
from sentivox.tone.sentiment import SENTIMENT_OF, ToneCalibration, sentiment_log_probs
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray
from training.tone.cache import Features
from training.tone.corpus import Clip

TO_SENTIMENT = np.array(
    [SENTIMENTS.index(SENTIMENT_OF[e]) if e in SENTIMENT_OF else -1 for e in EMOTIONS]
)
"""Index into SENTIMENTS of each of EMOTIONS; surprise, which may be either, is -1."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Emotion probabilities of the windows of some clips.

    Attributes:
        probs: Shape (windows, 8).
        owner: Shape (windows,), the clip of each window, 0…clips-1.
        frames: Shape (windows,), the length of each window, which is its weight.
        emotion: Shape (clips,), the labels, as indices into EMOTIONS.
        speaker: Shape (clips,), the speakers' names.
    """

    probs: FloatArray
    owner: np.ndarray
    frames: np.ndarray
    emotion: np.ndarray
    speaker: np.ndarray

    def early(self, frames: int = 150) -> "Scores":
        """Keep only the windows within the first `frames` of each clip, at least one of each."""
        kept = self.frames <= np.maximum(frames, self._shortest())
        return replace(
            self, probs=self.probs[kept], owner=self.owner[kept], frames=self.frames[kept]
        )

    def _shortest(self) -> np.ndarray:
        """Return for each window the length of the shortest window of its clip."""
        least = np.full(len(self.emotion), np.iinfo(int).max)
        np.minimum.at(least, self.owner, self.frames)
        return least[self.owner]

    def pooled(self, rows: FloatArray) -> FloatArray:
        """Average `rows` over the windows of each clip: shape (windows, k) → (clips, k).

        Windows are weighted by their length, as in the server.
        """
        total = np.zeros((len(self.emotion), rows.shape[1]))
        np.add.at(total, self.owner, rows * self.frames[:, None])
        return total / np.bincount(self.owner, self.frames)[:, None]


def score(net: nn.Module, features: Features, clips: Sequence[Clip], rows: Sequence[int]) -> Scores:
    """Run the network on every window of the clips at `rows`; windows of one length in batches."""
    spans = [(i, *w) for i, row in enumerate(rows) for w in window_bounds(len(features[row]))]
    probs = np.empty((len(spans), len(EMOTIONS)), np.float32)
    lengths = np.array([stop - start for _, start, stop in spans])
    for length in np.unique(lengths):
        for chunk in np.array_split(
            places := np.flatnonzero(lengths == length), -(-len(places) // 256)
        ):
            stack = [features[rows[spans[j][0]]][spans[j][1] : spans[j][2]] for j in chunk]
            with torch.inference_mode():
                logits = net(torch.from_numpy(np.stack(stack))).numpy()
            e = np.exp(logits - logits.max(axis=1, keepdims=True))
            probs[chunk] = e / e.sum(axis=1, keepdims=True)
    owner = np.array([i for i, *_ in spans])
    emotion = np.array([clips[i].emotion for i in rows])
    return Scores(probs, owner, lengths, emotion, np.array([clips[i].speaker for i in rows]))


def emotion_table(scores: Scores) -> np.ndarray:
    """Return the confusion matrix of emotions, shape (8, 8), from mean probabilities."""
    return confusion(scores.emotion, scores.pooled(scores.probs).argmax(axis=1), len(EMOTIONS))


def sentiment_table(scores: Scores, calibration: ToneCalibration) -> np.ndarray:
    """Return the confusion matrix of sentiments, shape (3, 3), without clips of surprise."""
    pooled = scores.pooled(np.exp(sentiment_log_probs(scores.probs, calibration)))
    truth = TO_SENTIMENT[scores.emotion]
    kept = truth >= 0
    return confusion(truth[kept], pooled.argmax(axis=1)[kept], len(SENTIMENTS))


def session_table(scores: Scores, calibration: ToneCalibration, *, one_mood: bool) -> np.ndarray:
    """Return `sentiment_table` for sessions: each speaker's clips in a random order.

    Each clip is corrected by the speaker's baseline so far (`sentivox.tone.baseline`).

    Args:
        scores: Of clips with one utterance each.
        calibration: Of the sentiments.
        one_mood: Make each sentiment of a speaker a session of its own, which is the worst case.
    """
    truth = TO_SENTIMENT[scores.emotion]
    alone = sentiment_log_probs(scores.probs, calibration)
    pooled = np.log(scores.pooled(np.exp(alone)))
    usual: defaultdict[tuple[str, int], Baseline] = defaultdict(Baseline)
    shifts = np.empty_like(pooled)
    for clip in np.random.default_rng(0).permutation(len(truth)):
        baseline = usual[scores.speaker[clip], truth[clip] if one_mood else -1]
        shifts[clip] = baseline.shift
        baseline.add(pooled[clip])
    heard = np.exp(against(alone, shifts[scores.owner]))
    kept = truth >= 0
    return confusion(truth[kept], scores.pooled(heard).argmax(axis=1)[kept], len(SENTIMENTS))
