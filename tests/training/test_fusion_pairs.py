"""The study of fusion on pairs of a voice and a sentence."""

import os
from pathlib import Path

import numpy as np
import pytest

from training.fusion.pairs import (
    PAIRS,
    SHIPPED,
    Scored,
    Setting,
    choose,
    figures,
    left_out,
    pair_up,
    read_voices,
    score_texts,
)

TEXTS = Path(os.environ.get("SENTIVOX_DATA", "../shared/data")) / "text"


def scored(sure: float, seed: int, sharpness: float = 1.0) -> Scored:
    """A model that knows the answer to a share `sure` of 300 cases, and knows which these are."""
    rng = np.random.default_rng(seed)
    truth = np.tile(np.arange(3), 100)
    right = np.where(rng.random(300) < sure, 0.9, 0.4)
    guess = np.where(rng.random(300) < right, truth, (truth + rng.integers(1, 3, 300)) % 3)
    probs = np.repeat((1 - right[:, None]) / 2, 3, axis=1)
    probs[np.arange(300), guess] = right
    return Scored(sharpness * np.log(probs), truth, np.full(300, 5.0))


@pytest.fixture
def voices() -> dict[str, Scored]:
    return {"a": scored(0.4, 1), "b": scored(0.5, 2)}


@pytest.fixture
def texts() -> dict[str, Scored]:
    return {"x": scored(0.5, 3), "y": scored(0.6, 4)}


def test_a_pair_has_one_sentiment_and_two_independent_opinions_beat_each_alone(
    voices: dict[str, Scored], texts: dict[str, Scored]
) -> None:
    pairs = pair_up(voices, texts, seed=0)
    assert [(one.corpus, one.texts) for one in pairs] == [
        ("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"),
    ]  # fmt: skip
    for one in pairs:
        assert np.array_equal(one.voice.truth, one.text.truth)
        assert np.array_equal(np.bincount(one.text.truth), [PAIRS] * 3)
        row = figures(one, SHIPPED)
        assert row.fused > max(row.voice, row.words)


def test_no_setting_is_chosen_on_the_corpus_or_the_texts_that_it_is_tested_on(
    voices: dict[str, Scored], texts: dict[str, Scored]
) -> None:
    """Where the only other pairs want the other setting, that is the one that is tested."""
    blunt, sharp = Setting(2.0, 1.0, 0.1), Setting(2.0, 1.0, 2.0)
    wrong = scored(0.5, 5)._replace(log_probs=scored(0.5, 6).log_probs[::-1])
    pairs = pair_up({"a": voices["b"], "c": wrong}, {"x": texts["y"], "z": wrong}, seed=0)
    chosen = {(one.corpus, one.texts): row for one, row in
              zip(pairs, left_out(pairs, (blunt, sharp)), strict=True)}  # fmt: skip
    only = [one for one in pairs if (one.corpus, one.texts) == ("c", "z")]
    tested = next(one for one in pairs if (one.corpus, one.texts) == ("a", "x"))
    assert choose(only, (blunt, sharp)) != choose([tested], (blunt, sharp))
    assert chosen["a", "x"] == figures(tested, choose(only, (blunt, sharp)))


def test_voices_are_read_by_corpus(tmp_path: Path) -> None:
    one = scored(0.5, 1)
    names = np.array(["a"] * 120 + ["b"] * 180)
    np.savez(
        tmp_path / "v.npz", corpora=names, log_probs=one.log_probs, truth=one.truth,
        seconds=one.amount,
    )  # fmt: skip
    found = read_voices(tmp_path / "v.npz")
    assert {name: len(those.truth) for name, those in found.items()} == {"a": 120, "b": 180}
    assert np.array_equal(found["b"].log_probs, one.log_probs[120:])


@pytest.mark.skipif(
    not (TEXTS / "bmeld_zh.tsv.gz").is_file(), reason=f"no {TEXTS}: name it in SENTIVOX_DATA"
)
def test_texts_are_scored_by_the_shipped_models() -> None:
    found = score_texts(TEXTS, {"zh": (("bmeld_zh", "test"),)}, most=20)["bmeld_zh"]
    assert found.log_probs.shape == (60, 3)
    assert np.allclose(np.exp(found.log_probs).sum(axis=1), 1, atol=1e-5)
    assert (found.log_probs.argmax(axis=1) == found.truth).mean() > 0.34
