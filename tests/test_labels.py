"""The rule for labels: never against the score or the confidence beside them."""

import io
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sentivox.cli.output import utterance_table
from sentivox.protocol.events import Utterance, decode, encode
from sentivox.protocol.labels import (
    MIN_CONFIDENCE,
    NEUTRAL_BAND,
    agreement,
    confidence,
    label,
    polarity,
    tendency,
)
from sentivox.protocol.sentiment import Label, Sentiment
from sentivox.stream.config import StreamConfig
from sentivox.stream.scoring import FusedScores, fused_of, sentiment_of
from sentivox.types import SENTIMENTS
from tests.stream.spoken import uttered

BANDS = {
    "negative": (-1.0, -NEUTRAL_BAND),
    "neutral": (-NEUTRAL_BAND, NEUTRAL_BAND),
    "positive": (NEUTRAL_BAND, 1.0),
}


def normalised(raw: tuple[float, float, float]) -> np.ndarray:
    probs = np.array(raw) + 1e-9
    return np.log(probs / probs.sum()).astype(np.float32)


opinions = st.tuples(*[st.floats(0, 1)] * 3).map(normalised)
least = st.floats(0, 1)


@given(opinions, least)
def test_a_label_never_contradicts_its_score_or_its_confidence(log_probs, min_confidence):
    fused = fused_of(FusedScores(np.exp(log_probs), {"text": 1.0}), None, None, min_confidence)
    part = sentiment_of(log_probs, min_confidence)
    assert (part.label, part.scores) == (fused.label, fused.scores)
    assert part.score == polarity(fused.scores)
    if part.label == "unclear":
        assert fused.confidence < min_confidence
        return
    low, high = BANDS[part.label]
    assert low <= part.score <= high
    assert fused.confidence == fused.scores[part.label] >= min_confidence


@given(opinions)
def test_a_label_by_default_is_likelier_than_the_others_together(log_probs):
    scores = sentiment_of(log_probs).scores
    if (said := label(scores)) != "unclear":
        assert scores[said] >= MIN_CONFIDENCE
        assert scores[said] == max(scores.values())


@given(opinions)
def test_with_no_least_confidence_no_label_is_unclear(log_probs):
    said = sentiment_of(log_probs, 0)
    assert said.label == tendency(said.score) != "unclear"


@pytest.mark.parametrize(
    ("score", "said"),
    [(-1, "negative"), (-0.25, "negative"), (-0.2499, "neutral"), (0, "neutral"),
     (0.2499, "neutral"), (0.25, "positive"), (1, "positive"), (None, "unclear")],
)  # fmt: skip
def test_neutral_is_a_band_around_zero(score, said):
    assert tendency(score) == said


def test_two_likely_opposites_are_unclear_rather_than_neutral():
    torn = {"negative": 0.45, "neutral": 0.1, "positive": 0.45}
    assert (label(torn), label(torn, 0), confidence(torn)) == ("unclear", "neutral", 0.1)


def test_only_sure_opposites_disagree():
    every: list[Label | None] = [*SENTIMENTS, "unclear", "unknown", None]
    for words, tone in product(every, repeat=2):
        said = agreement(words, tone)
        opposite = {words, tone} == {"negative", "positive"}
        assert (said is False) == opposite
        assert (said is True) == (words == tone and words in SENTIMENTS)


@given(opinions, opinions, least)
def test_words_and_tone_disagree_only_where_both_are_sure_of_opposite_signs(text, tone, least):
    words, voice = sentiment_of(text, least), sentiment_of(tone, least)
    if agreement(words.label, voice.label) is False:
        low, high = sorted((words.score, voice.score))
        assert low <= -NEUTRAL_BAND
        assert high >= NEUTRAL_BAND
        assert min(words.scores[words.label], voice.scores[voice.label]) >= least


def test_the_default_is_the_same_everywhere():
    assert StreamConfig().min_confidence == MIN_CONFIDENCE == 0.5


def test_labels_of_older_servers_are_read_and_shown():
    old = encode(uttered(0, 1, 0.4)).replace(b'"label":"positive"', b'"label":"unknown"')
    message = decode(old)
    assert isinstance(message, Utterance)
    assert message.fused is not None
    assert message.fused.label == "unknown"
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(utterance_table([message], ["channel 1"]))
    assert "unknown" in console.export_text()


def test_part_and_whole_use_one_rule():
    scores = {"negative": 0.1, "neutral": 0.5, "positive": 0.4}
    part = sentiment_of(np.log(np.array(list(scores.values()), np.float32)))
    assert part == Sentiment(label="unclear", score=0.3, scores=scores)  # .4 is not enough
