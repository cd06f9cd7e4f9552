"""Training the tone model, in miniature."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")
pytest.importorskip("onnxscript", reason="training needs the extra 'train'")

from sentivox.evaluation.metrics import recall, uar  # noqa: E402
from sentivox.tone.features import DIMS  # noqa: E402
from sentivox.tone.features import features as features_of_clip  # noqa: E402
from sentivox.tone.mfcc import CEPSTRA  # noqa: E402
from sentivox.tone.sentiment import ToneCalibration  # noqa: E402
from sentivox.types import EMOTIONS  # noqa: E402
from training.tone.cache import Features  # noqa: E402
from training.tone.calibrate import calibrate  # noqa: E402
from training.tone.corpus import FOLDS, Clip  # noqa: E402
from training.tone.export import export, largest_difference  # noqa: E402
from training.tone.fit import FitConfig  # noqa: E402
from training.tone.network import CHANNELS, BlueprintNet, Frontend, ToneNet  # noqa: E402
from training.tone.sampling import Sampler, SamplingConfig, draw_weights  # noqa: E402
from training.tone.scoring import (  # noqa: E402
    Scores,
    emotion_table,
    sentiment_table,
    session_table,
)
from training.tone.study import (  # noqa: E402
    Data,
    Outcome,
    Recipe,
    actor_fold,
    calibration_for,
    left_out,
    merge,
    run,
)

NOWHERE = Path("nowhere")


def toy_clips() -> list[Clip]:
    """Twenty actors, two clips of each emotion; a second corpus of three speakers without calm."""
    ravdess = [
        Clip(NOWHERE, "ravdess", f"rav{actor:02d}", e)
        for actor in range(1, 21)
        for e in range(len(EMOTIONS))
    ]
    nemo = [
        Clip(NOWHERE, "nemo", f"nemo{s}0", e)
        for s in ("EB", "IC", "KD", "KS")
        for e in (0, 2, 3, 4)
    ]
    return ravdess + nemo


def toy_features(clips: list[Clip]) -> Features:
    """Each emotion lifts a cepstrum of its own, a little, in some of the frames."""
    rng = np.random.default_rng(0)
    rows = []
    for clip in clips:
        frames = rng.standard_normal((int(rng.integers(60, 140)), DIMS)).astype(np.float32)
        frames[:, 0] += 60
        frames[::2, 2 + 2 * clip.emotion] += 9
        rows.append(frames)
    return Features(np.concatenate(rows), np.cumsum([0] + [len(r) for r in rows]))


@pytest.mark.parametrize("fold", range(len(FOLDS)))
def test_no_speaker_is_on_two_sides(fold: int) -> None:
    clips = toy_clips()
    split = actor_fold(clips, fold)
    sides = [{clips[i].speaker for i in part} for part in (split.train, split.dev, split.test)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert sides[2] == {f"rav{actor:02d}" for actor in FOLDS[fold]}
    assert sum(map(len, (split.train, split.dev, split.test))) == len(clips)
    assert {"ravdess", "nemo"} == {clips[i].corpus for i in split.dev}


def test_a_corpus_left_out_is_left_out_whole() -> None:
    clips = toy_clips()
    split = left_out(clips, "nemo")
    assert {clips[i].corpus for i in split.test} == {"nemo"}
    assert {clips[i].corpus for i in (*split.train, *split.dev)} == {"ravdess"}


def test_draws_are_balanced() -> None:
    clips = toy_clips()
    weight = draw_weights(clips, {"ravdess": 0.6, "nemo": 0.2})
    corpus = np.array([c.corpus for c in clips])
    emotion = np.array([c.emotion for c in clips])
    assert weight.sum() == pytest.approx(1)
    assert weight[corpus == "ravdess"].sum() == pytest.approx(0.75)
    shares = [weight[(corpus == "nemo") & (emotion == e)].sum() for e in (0, 2, 3, 4)]
    np.testing.assert_allclose(shares, 0.25 / 4)


def test_batches_follow_from_the_seed_and_leave_the_features_alone() -> None:
    clips = toy_clips()
    features = toy_features(clips)
    before = features.frames.copy()
    config = SamplingConfig(draws=64, batch=16)
    batches = [list(Sampler(clips, range(160), [features], config, seed)) for seed in (1, 1, 2)]
    for (x, y), (same_x, same_y) in zip(batches[0], batches[1], strict=True):
        assert torch.equal(x, same_x)
        assert torch.equal(y, same_y)
        np.testing.assert_allclose(y.sum(1), 1, rtol=1e-5)
    assert any(a[0].shape != b[0].shape for a, b in zip(batches[0], batches[2], strict=True))
    np.testing.assert_array_equal(features.frames, before)


def test_the_frontend_undoes_kaldis_cosine_transform_and_ignores_gain() -> None:
    t = np.arange(8000) / 16_000
    pcm = np.round(2000 * np.sin(2 * np.pi * (200 + 3000 * t) * t)).astype(np.int16)
    frontend = Frontend()
    with torch.inference_mode():
        plain = frontend(torch.from_numpy(features_of_clip(pcm))[None])
        louder = frontend(torch.from_numpy(features_of_clip((pcm * 10).astype(np.int16)))[None])
    assert plain.shape == (1, CHANNELS, 48)
    bands = plain[0, :CEPSTRA].argmax(0).numpy()
    assert (np.diff(bands) >= 0).all()  # the glide rises from band to band
    assert bands[-1] > bands[0] + 10
    np.testing.assert_allclose(plain[0, :CEPSTRA], louder[0, :CEPSTRA], atol=0.02)


def test_the_frontend_ignores_the_gain_of_a_voice_in_every_channel() -> None:
    t = np.arange(8000) / 16_000
    voice = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 12))
    pcm = np.round(1000 * voice).astype(np.int16)
    with torch.inference_mode():
        plain, louder = (
            Frontend()(torch.from_numpy(features_of_clip(one))[None])
            for one in (pcm, (pcm * 10).astype(np.int16))
        )
    np.testing.assert_allclose(plain, louder, atol=0.02)


@pytest.mark.parametrize("network", [ToneNet, BlueprintNet])
def test_networks_are_small_and_take_any_length(network: type[ToneNet]) -> None:
    net = network().eval()
    assert sum(p.numel() for p in net.parameters()) < 200_000
    with torch.inference_mode():
        for frames in (2, 3, 48, 300):
            assert net(torch.randn(3, frames, DIMS)).shape == (3, len(EMOTIONS))


def of_windows(probs: np.ndarray, emotion: np.ndarray) -> Scores:
    """One window a clip, all of one speaker."""
    n = len(emotion)
    return Scores(
        probs.astype(np.float32), np.arange(n), np.full(n, 50), emotion, np.full(n, "someone")
    )


def scores(*rows: tuple[str, str]) -> Scores:
    """One window a clip: (label, the emotion heard for sure)."""
    probs = np.array([[0.93 if e == heard else 0.01 for e in EMOTIONS] for _, heard in rows])
    emotion = np.array([EMOTIONS.index(label) for label, _ in rows])
    return of_windows(probs, emotion)


def test_recall_is_counted_by_class_and_surprise_has_no_sentiment() -> None:
    heard = scores(("happy", "happy"), ("sad", "fearful"), ("sad", "happy"), ("surprised", "happy"))
    three = sentiment_table(heard, ToneCalibration())
    np.testing.assert_array_equal(three, [[1, 0, 1], [0, 0, 0], [0, 0, 1]])
    assert uar(three) == pytest.approx(0.75)
    assert np.isnan(recall(three)[1])
    assert emotion_table(heard).sum() == 4
    assert uar(emotion_table(heard)) == pytest.approx(1 / 3)


def test_windows_are_pooled_by_length() -> None:
    two = Scores(
        probs=np.eye(8, dtype=np.float32)[[0, 4]],
        owner=np.zeros(2, int),
        frames=np.array([50, 150]),
        emotion=np.array([4]),
        speaker=np.array(["someone"]),
    )
    np.testing.assert_allclose(two.pooled(two.probs)[0, [0, 4]], [0.25, 0.75])


def test_early_windows_are_those_of_the_first_seconds_and_every_clip_keeps_one() -> None:
    three = Scores(
        probs=np.eye(8, dtype=np.float32)[[0, 1, 2, 3]],
        owner=np.array([0, 0, 0, 1]),
        frames=np.array([50, 150, 200, 170]),
        emotion=np.array([0, 3]),
        speaker=np.array(["ann", "bob"]),
    )
    early = three.early(150)
    np.testing.assert_array_equal(early.owner, [0, 0, 1])
    np.testing.assert_array_equal(early.frames, [50, 150, 170])


def test_calibration_repairs_a_network_that_favours_one_sentiment() -> None:
    rng = np.random.default_rng(0)
    emotion = rng.integers(0, 7, 600)
    logits = 1.5 * np.eye(8)[emotion] + rng.standard_normal((600, 8))
    logits[:, 4] += 2.5  # hears anger everywhere
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    biased = of_windows(probs, emotion)
    fitted = calibrate(biased)
    assert fitted.biases[0] < min(fitted.biases[1:])
    before, after = (uar(sentiment_table(biased, c)) for c in (ToneCalibration(), fitted))
    assert after > before + 0.05


def test_merged_scores_keep_their_clips_apart() -> None:
    one, other = scores(("happy", "sad")), scores(("sad", "sad"), ("calm", "calm"))
    both = merge([one, other])
    np.testing.assert_array_equal(both.owner, [0, 1, 2])
    np.testing.assert_array_equal(emotion_table(both), emotion_table(one) + emotion_table(other))


def test_nobody_tested_has_a_say_in_the_calibration() -> None:
    def outcome(tested: str, dev: str, heard: str) -> Outcome:
        emotions = np.tile(np.arange(7), 20)
        probs = np.full((140, 8), 0.05)
        probs[:, EMOTIONS.index(heard)] += 0.6
        probs[np.arange(140), emotions] += 0.3
        scored = replace(of_windows(probs, emotions), speaker=np.full(140, dev))
        test = {"clean": replace(scored, speaker=np.full(140, tested))}
        return Outcome(split="s", seed=0, curve=[], weights={}, dev=scored, test=test)

    one = outcome("ann", "bob", "happy")
    other = outcome("bob", "cy", "angry")
    assert calibration_for(other, [one, other]) == calibrate(other.dev)
    assert calibration_for(one, [one, other]) == calibrate(merge([one.dev, other.dev]))
    assert calibrate(one.dev) != calibrate(other.dev)


def test_a_run_learns_is_resumed_and_exports(tmp_path: Path) -> None:
    clips = toy_clips()
    features = toy_features(clips)
    data = Data(clips, [features], {"clean": features})
    recipe = Recipe(
        "toy",
        lambda: ToneNet(width=8),
        FitConfig(epochs=24, memory=0.9, rate=1e-2, mixup=0.0),
        SamplingConfig(draws=1024, batch=32, seconds=(0.5, 1.0)),
    )
    split = actor_fold(clips, 0)
    outcome = run(recipe, split, data, tmp_path)
    eight = emotion_table(outcome.test["clean"])
    assert eight.sum() == 32
    assert outcome.tested == {f"rav{actor:02d}" for actor in FOLDS[0]}
    assert uar(eight) > 0.5  # chance is 0.125
    again = run(Recipe("toy", lambda: pytest.fail("trained anew")), split, data, tmp_path)
    np.testing.assert_array_equal(again.test["clean"].probs, outcome.test["clean"].probs)
    net = ToneNet(width=8)
    net.load_state_dict(dict(outcome.weights))
    export(net, calibrate(outcome.dev), tmp_path / "model", "0.0.1")
    weights = (tmp_path / "model" / "model.onnx").read_bytes()
    assert b"network.py" not in weights  # the exporter would note whose files it read
    few = [features[i][:n] for i, n in enumerate((1, 2, 7, 60))]
    assert largest_difference(net.eval(), tmp_path / "model", few) < 1e-5


def test_in_a_session_a_voice_that_always_sounds_angry_is_heard_against_itself() -> None:
    rng = np.random.default_rng(0)
    emotion = np.tile([EMOTIONS.index(e) for e in ("neutral", "happy", "angry")], 30)
    logits = rng.normal(0, 0.3, (len(emotion), len(EMOTIONS)))
    logits[np.arange(len(emotion)), emotion] += 1.5
    logits[:, EMOTIONS.index("angry")] += 2  # its microphone, or its throat
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = Scores(
        probs=probs.astype(np.float32),
        owner=np.arange(len(emotion)),
        frames=np.full(len(emotion), 300),
        emotion=emotion,
        speaker=np.full(len(emotion), "a"),
    )
    alone = uar(sentiment_table(scores, ToneCalibration()))
    talking = uar(session_table(scores, ToneCalibration(), one_mood=False))
    assert talking > alone + 0.2
    assert session_table(scores, ToneCalibration(), one_mood=True).sum() == len(emotion)
