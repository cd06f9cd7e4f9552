"""Laws of the fusion rule."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import TextEvidence, ToneEvidence, certainty, fuse, normalise

logits = st.lists(st.floats(-12, 12), min_size=3, max_size=3).map(
    lambda x: normalise(np.array(x, np.float32))
)
confidences = st.none() | st.floats(0, 1)
calibrations = st.builds(
    Calibration,
    rule=st.sampled_from(["loglinear", "linear"]),
    text_weight=st.floats(0.05, 5),
    tone_weight=st.floats(0.05, 5),
    text_temperature=st.floats(0.2, 5),
    tone_temperature=st.floats(0.2, 5),
    adaptive=st.booleans(),
    sharpness=st.floats(0.5, 3),
)
texts = st.builds(TextEvidence, logits, confidences, st.integers(0, 60))
tones = st.builds(ToneEvidence, logits, st.floats(0, 20))


@given(texts, tones, calibrations)
def test_fused_is_a_distribution_and_weights_sum_to_one(text, tone, calibration):
    fused = fuse(text, tone, calibration)
    assert fused is not None
    assert np.isfinite(fused.probs).all()
    assert fused.probs.sum() == pytest.approx(1, abs=1e-4)
    assert fused.text_weight + fused.tone_weight == pytest.approx(1)
    assert min(fused.text_weight, fused.tone_weight) >= 0


@given(texts, tones)
def test_a_missing_modality_has_no_weight_and_no_say(text, tone):
    plain = Calibration()
    alone = fuse(text, None, plain)
    assert alone is not None
    assert (alone.text_weight, alone.tone_weight, alone.agreement) == (1.0, 0.0, None)
    assert np.allclose(alone.probs, np.exp(text.log_probs), atol=1e-5)
    voice = fuse(None, tone, plain)
    assert voice is not None
    assert (voice.text_weight, voice.tone_weight) == (0.0, 1.0)
    assert fuse(None, None, plain) is None


@given(texts, tones)
def test_agreeing_opinions_stay_agreed(text, tone):
    fused = fuse(text, tone, Calibration())
    assert fused is not None
    if fused.agreement:
        assert fused.probs.argmax() == text.log_probs.argmax()


@given(logits, tones, st.floats(0.1, 0.9), st.integers(1, 30))
def test_weight_of_the_words_grows_with_confidence_and_words(log_probs, tone, low, words):
    def weight(confidence: float, n: int) -> float:
        fused = fuse(TextEvidence(log_probs, confidence, n), tone, Calibration())
        assert fused is not None
        return fused.text_weight

    assert weight(low + 0.1, words) >= weight(low, words)
    assert weight(low, words + 5) >= weight(low, words)


@given(texts, logits, st.floats(0.1, 10))
def test_weight_of_the_voice_grows_with_speech(text, log_probs, seconds):
    short = fuse(text, ToneEvidence(log_probs, seconds), Calibration())
    long = fuse(text, ToneEvidence(log_probs, seconds + 2), Calibration())
    assert short is not None
    assert long is not None
    assert long.tone_weight >= short.tone_weight


@given(texts, tones)
def test_the_blueprints_rule_is_a_plain_average(text, tone):
    fused = fuse(text, tone, Calibration.linear(0.7))
    assert fused is not None
    expected = 0.7 * np.exp(text.log_probs) + 0.3 * np.exp(tone.log_probs)
    assert np.allclose(fused.probs, expected, atol=1e-4)
    assert fused.text_weight == pytest.approx(0.7)


@given(texts, tones, st.floats(0.5, 3))
def test_a_modality_of_no_weight_leaves_the_other_as_it_is(text, tone, sharpness):
    """No jump between a modality that is missing and one that barely counts."""
    rule = Calibration(text_weight=0.0, tone_weight=1.0, adaptive=False, sharpness=sharpness)
    both, alone = fuse(text, tone, rule), fuse(None, tone, rule)
    assert both is not None
    assert alone is not None
    assert np.allclose(both.probs, alone.probs, atol=1e-5)


def test_certainty_is_one_when_sure_and_floored_when_lost():
    assert certainty(normalise(np.array([50, 0, 0], np.float32))) == pytest.approx(1, abs=1e-3)
    assert certainty(np.full(3, math.log(1 / 3), np.float32)) == 0.5


def test_higher_temperature_means_less_say_for_sharp_opinions():
    sharp = normalise(np.array([4, 0, 0], np.float32))
    mild = normalise(np.array([0, 0, 1], np.float32))
    text, tone = TextEvidence(sharp, 0.9, 10), ToneEvidence(mild, 3.0)
    cool = fuse(text, tone, Calibration())
    warm = fuse(text, tone, Calibration(text_temperature=4))
    assert cool is not None
    assert warm is not None
    assert warm.probs[0] < cool.probs[0]


def test_calibration_survives_its_file(tmp_path):
    path = tmp_path / "mine.json"
    mine = Calibration(text_temperature=1.7, bias=(0.1, 0.0, -0.2), rule="linear")
    mine.save(path)
    assert Calibration.load(path) == mine


@pytest.mark.parametrize(
    "content",
    ['{"text_temperature": 0}', '{"text_weight": -1}', "nonsense", '{"alpha": 1}',
     '{"text_weight": 0, "tone_weight": 0}'],
)  # fmt: skip
def test_a_bad_calibration_file_is_one_clear_line(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"bad\.json") as caught:
        Calibration.load(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="cannot read"):
        Calibration.load(tmp_path / "none.json")
