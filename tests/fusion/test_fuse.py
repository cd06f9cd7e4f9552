"""Laws of the fusion rule."""

import dataclasses
import math

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.fusion.calibration import Calibration, SourceCalibration
from sentivox.fusion.fuse import (
    certainty,
    fuse_all,
    label_opinion,
    normalise_log_probs,
    pool_opinions,
)
from sentivox.fusion.fuse import fuse as fuse_opinions
from sentivox.fusion.opinion import Opinion, evidence_of, text_quality, tone_quality
from sentivox.protocol.labels import tendency
from sentivox.types import SENTIMENTS, FloatArray


def log_probs_of(*logits: float) -> FloatArray:
    """As models give them."""
    return normalise_log_probs(np.array(logits)).astype(np.float32)


logits = st.tuples(*[st.floats(-12, 12)] * 3).map(lambda x: log_probs_of(*x))
confidences = st.none() | st.floats(0, 1)
slopes = st.tuples(*[st.floats(0.05, 3)] * 3)
biases = st.tuples(*[st.floats(-2, 2)] * 3)
rules = st.sampled_from(["loglinear", "linear", "logistic"])
sources = st.builds(
    SourceCalibration,
    temperature=st.floats(0.2, 5),
    bias=biases,
    weight=st.floats(0.05, 5),
    slopes=slopes,
)
calibrations = st.builds(
    Calibration,
    rule=rules,
    bias=biases,
    adaptive=st.booleans(),
    sharpness=st.floats(0.5, 3),
    sources=st.fixed_dictionaries({"text": sources, "tone": sources}),
)


def fuse(text, tone, calibration, named=None):
    """Of text and tone, where they are there, and an emotion's sentiment."""
    opinions = [one for one in (text, tone) if one is not None]
    emotion = [] if named is None else [label_opinion("emotion", named)]
    return fuse_opinions([*opinions, *emotion], calibration)


def text_opinion(log_probs, confidence, words):
    return Opinion("text", log_probs, text_quality(confidence, words))


def tone_opinion(log_probs, seconds):
    return Opinion("tone", log_probs, tone_quality(seconds))


def pushing(evidence, push):
    """The same evidence with some log-probabilities raised."""
    return dataclasses.replace(evidence, log_probs=log_probs_of(*(evidence.log_probs + push)))


def score_of(probs):
    return float(probs[2]) - float(probs[0])


def parts_of(text, tone, calibration):
    """The scores of both, calibrated as for the fusion."""
    every = evidence_of([[text, tone]], ("text", "tone"))
    log_probs = pool_opinions(every, calibration).log_probs
    return [score_of(np.exp(log_probs[name][0])) for name in ("text", "tone")]


def agree(text, tone, calibration):
    """Whether both have the same tendency."""
    return len({tendency(score) for score in parts_of(text, tone, calibration)}) == 1


texts = st.builds(text_opinion, logits, confidences, st.integers(0, 60))
tones = st.builds(tone_opinion, logits, st.floats(0, 20))


@given(texts, tones, calibrations)
def test_fused_is_a_distribution_and_weights_sum_to_one(text, tone, calibration):
    fused = fuse(text, tone, calibration)
    assert fused is not None
    assert np.isfinite(fused.probs).all()
    assert fused.probs.sum() == pytest.approx(1, abs=1e-4)
    assert fused.weights.get("text", 0.0) + fused.weights.get("tone", 0.0) == pytest.approx(1)
    assert min(fused.weights.get("text", 0.0), fused.weights.get("tone", 0.0)) >= 0


@given(texts, tones, rules)
def test_a_missing_modality_has_no_weight_and_no_say(text, tone, rule):
    plain = Calibration(rule=rule)
    alone = fuse(text, None, plain)
    assert alone is not None
    assert (alone.weights.get("text", 0.0), alone.weights.get("tone", 0.0)) == (1.0, 0.0)
    assert np.allclose(alone.probs, np.exp(text.log_probs), atol=1e-5)
    voice = fuse(None, tone, plain)
    assert voice is not None
    assert voice.weights == {"tone": 1.0}
    assert fuse(None, None, plain) is None


@given(texts, tones)
def test_agreeing_opinions_stay_agreed(text, tone):
    fused = fuse(text, tone, Calibration())
    assert fused is not None
    if text.log_probs.argmax() == tone.log_probs.argmax():
        assert fused.probs.argmax() == text.log_probs.argmax()


@given(texts, tones, calibrations)
def test_the_score_lies_between_those_of_words_and_tone_unless_they_agree(text, tone, calibration):
    fused = fuse(text, tone, calibration)
    assert fused is not None
    assert fused.probs.sum() == pytest.approx(1, abs=1e-4)
    low, high = sorted(parts_of(text, tone, calibration))
    if not agree(text, tone, calibration):
        assert low - 1e-5 <= score_of(fused.probs) <= high + 1e-5


def test_a_weak_word_does_not_make_a_negative_tone_more_negative():
    """Sharpened and without the bound, the score would be -.60."""
    text = Opinion("text", log_probs_of(*np.log([0.35, 0.5, 0.15])))
    tone = Opinion("tone", log_probs_of(*np.log([0.6, 0.3, 0.1])))
    fused = fuse(text, tone, Calibration(adaptive=False, sharpness=3.0))
    assert fused is not None
    assert score_of(fused.probs) == pytest.approx(-0.5, abs=1e-4)


def test_words_and_tone_that_agree_may_be_surer_together():
    text = Opinion("text", log_probs_of(*np.log([0.6, 0.2, 0.2])))
    tone = Opinion("tone", log_probs_of(*np.log([0.6, 0.3, 0.1])))
    fused = fuse(text, tone, Calibration())
    assert fused is not None
    assert score_of(fused.probs) < -0.55


@given(logits, tones, st.floats(0.1, 0.9), st.integers(1, 30))
def test_weight_of_the_words_grows_with_confidence_and_words(log_probs, tone, low, words):
    def weight(confidence: float, n: int) -> float:
        fused = fuse(text_opinion(log_probs, confidence, n), tone, Calibration())
        assert fused is not None
        return fused.weights.get("text", 0.0)

    assert weight(low + 0.1, words) >= weight(low, words)
    assert weight(low, words + 5) >= weight(low, words)


@given(texts, logits, st.floats(0.1, 10))
def test_weight_of_the_voice_grows_with_speech(text, log_probs, seconds):
    short = fuse(text, tone_opinion(log_probs, seconds), Calibration())
    long = fuse(text, tone_opinion(log_probs, seconds + 2), Calibration())
    assert short is not None
    assert long is not None
    assert long.weights.get("tone", 0.0) >= short.weights.get("tone", 0.0)


@given(texts, tones)
def test_the_blueprints_rule_is_a_plain_average(text, tone):
    fused = fuse(text, tone, Calibration.linear(0.7))
    assert fused is not None
    expected = 0.7 * np.exp(text.log_probs) + 0.3 * np.exp(tone.log_probs)
    assert np.allclose(fused.probs, expected, atol=1e-4)
    assert fused.weights.get("text", 0.0) == pytest.approx(0.7)


@given(texts, tones, calibrations)
def test_one_modality_alone_gives_its_calibrated_opinion(text, tone, calibration):
    for name, one in (("text", text), ("tone", tone)):
        how = calibration.of(name)
        opinion = one.log_probs / how.temperature + np.array(how.bias)
        fused = fuse(text if one is text else None, tone if one is tone else None, calibration)
        assert fused is not None
        assert np.allclose(fused.probs, np.exp(normalise_log_probs(opinion)), atol=1e-4)


@given(texts, tones, calibrations)
def test_a_modality_of_no_weight_leaves_the_other_as_it_is(text, tone, calibration):
    """No jump between a modality that is missing and one that barely counts."""
    rule = calibration.revised("text", weight=0.0).revised("tone", weight=1.0)
    both, alone = fuse(text, tone, rule), fuse(None, tone, rule)
    assert both is not None
    assert alone is not None
    assert np.allclose(both.probs, alone.probs, atol=1e-5)


@given(texts, tones, calibrations, st.tuples(st.integers(0, 2), st.floats(0, 5)))
def test_more_evidence_for_a_class_never_makes_it_less_likely(text, tone, calibration, pushed):
    """Of all rules with fixed weights; of the logistic one with adaptive weights as well.

    Until a source takes on another tendency: from there on the score is bounded.
    """
    rule = msgspec.structs.replace(
        calibration, adaptive=calibration.adaptive and calibration.rule == "logistic"
    )
    k, more = pushed
    push = np.eye(3, dtype=np.float32)[k] * more
    plain = fuse(text, tone, rule)
    assert plain is not None
    for pair in ((pushing(text, push), tone), (text, pushing(tone, push))):
        fused = fuse(*pair, rule)
        assert fused is not None
        if agree(text, tone, rule) and agree(*pair, rule):
            assert fused.probs[k] >= plain.probs[k] - 1e-5


@given(st.lists(st.tuples(st.none() | texts, st.none() | tones), min_size=1), calibrations)
def test_many_are_fused_as_one_by_one(pairs, calibration):
    evidence = evidence_of([[o for o in pair if o is not None] for pair in pairs], ("text", "tone"))
    together = np.exp(fuse_all(evidence, calibration))
    for row, (text, tone) in zip(together, pairs, strict=True):
        fused = fuse(text, tone, calibration)
        assert np.allclose(row, 1 / 3 if fused is None else fused.probs, atol=1e-5)


@given(texts, tones)
def test_slopes_of_a_half_are_log_linear_pooling_at_equal_weights(text, tone):
    half = (0.5, 0.5, 0.5)
    logistic = Calibration(rule="logistic", adaptive=False)
    logistic = logistic.revised("text", slopes=half).revised("tone", slopes=half)
    fused = fuse(text, tone, logistic)
    pooled = fuse(text, tone, Calibration(sharpness=1.0, adaptive=False))
    assert fused is not None
    assert pooled is not None
    assert np.allclose(fused.probs, pooled.probs, atol=1e-5)
    assert fused.weights.get("text", 0.0) == pytest.approx(0.5)


def test_certainty_is_one_when_sure_and_floored_when_lost():
    assert certainty(normalise_log_probs(np.array([50.0, 0, 0]))) == pytest.approx(1, abs=1e-3)
    assert certainty(np.full(3, math.log(1 / 3))) == 0.5


def test_higher_temperature_means_less_say_for_sharp_opinions():
    sharp = log_probs_of(4, 0, 0)
    mild = log_probs_of(0, 0, 1)
    text, tone = text_opinion(sharp, 0.9, 10), tone_opinion(mild, 3.0)
    cool = fuse(text, tone, Calibration())
    warm = fuse(text, tone, Calibration().revised("text", temperature=4))
    assert cool is not None
    assert warm is not None
    assert warm.probs[0] < cool.probs[0]


@given(calibrations, st.dictionaries(st.sampled_from(["tone", "text.en"]), st.text()))
def test_calibration_survives_its_file(tmp_path_factory, calibration, models):
    path = tmp_path_factory.mktemp("calibration") / "mine.json"
    mine = msgspec.structs.replace(calibration, models=models)
    mine.save(path)
    assert Calibration.load(path) == mine


def test_a_file_from_before_the_logistic_rule_still_loads(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(
        '{"rule":"loglinear","text_temperature":1.2,"tone_temperature":0.9,"text_weight":0.4,'
        '"tone_weight":0.6,"adaptive":true,"sharpness":1.6,"bias":[0.1,0.0,-0.1]}'
    )
    new = Calibration(sharpness=1.6, bias=(0.1, 0.0, -0.1))
    new = new.revised("text", temperature=1.2, weight=0.4)
    assert Calibration.load(path) == new.revised("tone", temperature=0.9, weight=0.6)


def test_a_calibration_for_other_models_says_so_in_one_line():
    mine = Calibration(models={"tone": "tone-1", "text.en": "words-2", "asr": "ears"})
    assert mine.mismatch({"tone": "tone-1", "text.en": "words-2", "asr": "ears"}) is None
    assert mine.mismatch({"tone": "tone-1"}) is None  # what is not in use does no harm
    line = mine.mismatch({"tone": "tone-2", "text.en": "words-2", "asr": "ears"})
    assert line is not None
    assert "tone tone-2, not tone-1" in line
    assert "words-2" not in line
    assert "\n" not in line
    assert Calibration().mismatch({"tone": "any"}) is None


@pytest.mark.parametrize(
    "content",
    ['{"text_temperature": 0}', '{"text_weight": -1}', "nonsense", '{"alpha": 1}',
     '{"text_weight": 0, "tone_weight": 0}', '{"bias": [1, 2]}', '{"sharpness": 1e999}',
     '{"text_slopes": [-1, 1, 1]}', '{"text_slopes": [0, 0, 0], "tone_slopes": [0, 0, 0]}'],
)  # fmt: skip
def test_a_bad_calibration_file_is_one_clear_line(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"bad\.json") as caught:
        Calibration.load(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="cannot read"):
        Calibration.load(tmp_path / "none.json")


sentiments = st.sampled_from(SENTIMENTS)


@given(texts, tones, calibrations, sentiments)
def test_a_named_emotion_makes_its_sentiment_likelier(text, tone, calibration, named):
    before, after = fuse(text, tone, calibration), fuse(text, tone, calibration, named)
    assert before is not None
    assert after is not None
    for sentiment, was, is_now in zip(SENTIMENTS, before.probs, after.probs, strict=True):
        assert is_now >= was - 1e-6 if sentiment == named else is_now <= was + 1e-6
    assert after.weights.get("text", 0.0) + after.weights.get("tone", 0.0) + after.weights.get(
        "emotion", 0.0
    ) == pytest.approx(1)
    assert after.weights.get("text", 0.0) == pytest.approx(
        before.weights.get("text", 0.0) * (1 - after.weights.get("emotion", 0.0))
    )


@given(texts, tones, calibrations, sentiments)
def test_a_named_emotion_of_no_weight_changes_nothing(text, tone, calibration, named):
    deaf = calibration.revised("emotion", weight=0.0)
    before, after = fuse(text, tone, deaf), fuse(text, tone, deaf, named)
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.probs, after.probs)
    assert after.weights.get("emotion", 0.0) == 0


def test_a_named_emotion_is_modest_and_says_nothing_alone():
    undecided = text_opinion(log_probs_of(0, 0, 0), None, 5)
    fused = fuse(undecided, None, Calibration(), "negative")
    assert fused is not None
    assert fused.probs[0] == pytest.approx(0.4029, abs=1e-4)  # e^0.3 / (e^0.3 + 2)
    sure = text_opinion(log_probs_of(-2, 0, 2), None, 5)
    against = fuse(sure, None, Calibration(), "negative")
    assert against is not None
    assert against.probs.argmax() == 2
    assert fuse(None, None, Calibration(), "negative") is None


@given(sentiments, st.floats(0.2, 5), st.floats(0.1, 3))
def test_a_named_emotion_weighs_its_temperature(named, temperature, weight):
    how = Calibration().revised("emotion", temperature=temperature, weight=weight)
    fused = fuse(text_opinion(log_probs_of(0, 0, 0), None, 5), None, how, named)
    assert fused is not None
    odds = fused.probs[SENTIMENTS.index(named)] / fused.probs[SENTIMENTS.index(named) - 1]
    assert odds == pytest.approx(math.exp(weight / temperature), rel=1e-4)


thirds = st.builds(Opinion, st.just("voice"), logits, st.floats(0.05, 1))


@given(texts, tones, thirds, calibrations)
def test_any_number_of_opinions_gives_a_distribution_with_weights(text, tone, third, calibration):
    fused = fuse_opinions([text, tone, third], calibration)
    assert fused is not None
    assert fused.probs.sum() == pytest.approx(1, abs=1e-4)
    assert set(fused.weights) == {"text", "tone", "voice"}
    assert sum(fused.weights.values()) == pytest.approx(1)
    assert min(fused.weights.values()) >= 0
    other = fuse_opinions([third, tone, text], calibration)
    assert other is not None
    assert np.allclose(fused.probs, other.probs, atol=1e-5)  # in whatever order


@given(texts, tones, st.sampled_from(["text", "tone"]), calibrations)
def test_a_source_that_fades_out_leaves_no_jump(text, tone, like, calibration):
    """Unless the score of the source that fades out is below or above those of all others.

    Beside no words and no speech at all, a weight is never faint: it is the only one.
    """
    assume(max(text.quality, tone.quality) > 0.05)
    third = dataclasses.replace(text if like == "text" else tone, source="voice", quality=1.0)
    as_like = msgspec.structs.replace(calibration.of(like), weight=1e-7)
    rule = msgspec.structs.replace(calibration, sources=calibration.sources | {"voice": as_like})
    faint = fuse_opinions([text, tone, third], rule)
    without = fuse_opinions([text, tone], calibration)
    assert faint is not None
    assert without is not None
    assert np.allclose(faint.probs, without.probs, atol=1e-4)


@given(logits)
def test_three_that_agree_are_surer_than_two_and_two_than_one(log_probs):
    plain = Calibration(adaptive=False)
    names = ("text", "tone", "voice")
    sure = [
        float(fused.probs.max())
        for n in (1, 2, 3)
        if (fused := fuse_opinions([Opinion(name, log_probs) for name in names[:n]], plain))
    ]
    assert len(sure) == 3
    assert sure[0] <= sure[1] + 1e-6 <= sure[2] + 2e-6


def test_a_calibration_file_may_name_any_source(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"sources": {"voice": {"temperature": 2.0}, "emotion": {"weight": 0.1}}}')
    how = Calibration.load(path)
    assert how.of("voice").temperature == 2.0
    assert (how.of("emotion").weight, how.of("emotion").added) == (0.1, True)
    assert how.of("tone") == Calibration().of("tone")
    path.write_text('{"sources": {"voice": {"heat": 2.0}}}')
    with pytest.raises(ModelError, match="heat"):
        Calibration.load(path)
