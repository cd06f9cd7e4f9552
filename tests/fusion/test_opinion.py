"""How much an opinion deserves to be heard, and files that are no calibration."""

import json

import numpy as np
import pytest

from sentivox.errors import ModelError
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import certainty, label_opinion
from sentivox.fusion.opinion import Opinion, evidence_of, take, text_quality, tone_quality


@pytest.mark.parametrize(
    ("confidence", "words", "quality"),
    [
        (1.0, 2, 0.5),  # two words count for half
        (1.0, 6, 0.75),
        (0.8, 2, 0.4),
        (None, 2, 0.3),  # a recogniser without confidence: 0.6
        (0.0, 2, 0.05),  # but never nothing: 0.1
        (0.1, 2, 0.05),
        (1.0, 0, 0.0),
    ],
)
def test_words_count_by_their_number_and_confidence(confidence, words, quality):
    assert text_quality(confidence, words) == pytest.approx(quality)


def test_tone_counts_by_its_seconds():
    assert [tone_quality(s) for s in (0.0, 1.0, 3.0)] == [0.0, 0.5, 0.75]


def test_doubt_turns_down_but_not_off():
    sure, undecided = np.log([[0.998, 0.001, 0.001]]), np.log([[1 / 3, 1 / 3, 1 / 3]])
    assert certainty(sure)[0] == pytest.approx(0.984, abs=0.002)
    assert certainty(undecided)[0] == 0.5


def test_a_named_sentiment_is_e_times_as_likely_as_each_other():
    probs = np.exp(label_opinion("emotion", "positive").log_probs)
    assert probs[2] / probs[0] == pytest.approx(np.e, rel=1e-5)
    assert probs[0] == probs[1]
    assert probs.sum() == pytest.approx(1)


def test_who_has_nothing_to_say_says_all_alike():
    one = Opinion("text", np.log(np.array([0.7, 0.2, 0.1], np.float32)), 0.4)
    evidence = evidence_of([[one], []], ["text", "tone"])
    assert evidence["text"].present.tolist() == [True, False]
    assert evidence["text"].quality.tolist() == [0.4, 0.0]
    assert evidence["tone"].present.tolist() == [False, False]
    np.testing.assert_allclose(np.exp(evidence["text"].log_probs), [[0.7, 0.2, 0.1], [1 / 3] * 3])
    kept = take(evidence, np.array([False, True]))
    assert kept["text"].quality.tolist() == [0.0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "got `array`"),
        ("7", "got `int`"),
        ('{"sources": 3}', "got `int`"),
        ('{"sources": {"text": 3}}', "got `int`"),
    ],
)
def test_what_a_file_holds_instead_is_said(tmp_path, content, said):
    path = tmp_path / "c.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=said):
        Calibration.load(path)


def test_a_file_of_both_versions_is_read_as_one(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"text_weight": 0.8, "sources": {"text": {"temperature": 3.0}}}))
    text = Calibration.load(path).of("text")
    assert (text.weight, text.temperature) == (0.8, 3.0)


def test_a_calibration_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(ModelError, match="choose another -o"):
        Calibration().save(tmp_path / "none" / "c.json")


def test_what_is_fused_without_a_file():
    how = Calibration()
    assert (how.rule, how.adaptive, how.sharpness, how.bias) == ("loglinear", True, 1.7, (0, 0, 0))
    assert [how.of(name).weight for name in ("text", "tone", "emotion", "new")] == [
        0.5, 0.5, 0.3, 0.5,
    ]  # fmt: skip
    assert [how.of(name).added for name in ("text", "tone", "emotion")] == [False, False, True]
