"""A voice heard against itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentivox.tone.baseline import MAX_SHIFT, PRIOR, REMOVED_SHARE, Baseline, against
from sentivox.types import FloatArray

logits = st.tuples(*[st.floats(-12, 12)] * 3).map(lambda x: np.array(x, np.float32))


def sure_of(x: FloatArray) -> FloatArray:
    x = x - x.max()
    return x - np.log(np.exp(x).sum())


def test_the_first_utterance_is_heard_alone() -> None:
    assert not Baseline().shift.any()


@given(logits)
def test_what_always_sounds_the_same_comes_to_sound_less_so(x: FloatArray) -> None:
    x = np.clip(x, -MAX_SHIFT / 2, MAX_SHIFT / 2)
    baseline = Baseline()
    for _ in range(int(PRIOR) * 200):
        baseline.add(sure_of(x))
    heard = against(sure_of(x), baseline.shift)
    assert np.allclose(heard, sure_of((1 - REMOVED_SHARE) * x), atol=0.02)


@given(st.lists(logits, max_size=30), logits)
def test_nothing_is_moved_by_more_than_the_most(said: list[FloatArray], x: FloatArray) -> None:
    baseline = Baseline()
    for one in said:
        baseline.add(sure_of(one))
    assert np.abs(baseline.shift).max() <= MAX_SHIFT
    heard = against(sure_of(x), baseline.shift)
    assert np.isclose(np.exp(heard).sum(), 1, atol=1e-5)
    moved = (heard - heard[1]) - (sure_of(x) - sure_of(x)[1])
    assert np.abs(moved).max() <= 2 * MAX_SHIFT + 1e-3


@given(st.lists(logits, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_what_was_said_does_not_matter(said: list[FloatArray], rng) -> None:
    baselines = [Baseline(), Baseline()]
    mixed = list(said)
    rng.shuffle(mixed)
    for one, other in zip(said, mixed, strict=True):
        baselines[0].add(one)
        baselines[1].add(other)
    assert np.allclose(baselines[0].shift, baselines[1].shift, atol=1e-5)


def test_after_as_many_utterances_as_the_prior_half_of_the_share_is_taken_off() -> None:
    baseline = Baseline()
    for _ in range(int(PRIOR)):
        baseline.add(np.array([1.0, 0.0, -1.0], np.float32))
    assert np.allclose(baseline.shift, [-REMOVED_SHARE / 2, 0.0, REMOVED_SHARE / 2])
