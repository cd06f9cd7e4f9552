"""Distilling the live tone model, in miniature."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")
pytest.importorskip("onnxscript", reason="training needs the extra 'train'")

from sentivox.samples import CALL  # noqa: E402
from sentivox.standins.whisper import SMALL_SHAPE, make_whisper  # noqa: E402
from sentivox.tone.features import DIMS  # noqa: E402
from sentivox.tone.features import features as features_of_clip  # noqa: E402
from sentivox.tone.mfcc import CEPSTRA  # noqa: E402
from sentivox.tone.sentiment import ToneCalibration  # noqa: E402
from sentivox.types import EMOTIONS, Int16Array  # noqa: E402
from training.tone.export import export, largest_difference  # noqa: E402
from training.tone.fit import MEMBERS, FitConfig, distance, fit, taught  # noqa: E402
from training.tone.network import CHANNELS, Committee, Frontend, ToneNet  # noqa: E402
from training.tone.sampling import Sampler, SamplingConfig  # noqa: E402
from training.tone.study import Recipe, Study, calibrate, examined, scores_of  # noqa: E402
from training.tone.unlabelled import with_unlabelled  # noqa: E402
from training.tone.windows import Features, Scores, features_of, score  # noqa: E402
from training.utterance_tone import study as of_utterances  # noqa: E402
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds  # noqa: E402
from training.utterance_tone.data import Data  # noqa: E402
from training.utterance_tone.fit import HeadsConfig  # noqa: E402
from training.utterance_tone.network import Encoder  # noqa: E402
from training.utterance_tone.study import corpora_left_out  # noqa: E402
from training.utterance_tone.targets import targets  # noqa: E402
from training.utterance_tone.tune import TuningConfig  # noqa: E402

NOWHERE = Path("nowhere")


def clip(corpus: str, emotion: int, number: int = 0) -> Clip:
    sentiment = int(MEMBERS[emotion].argmax()) if MEMBERS[emotion].any() else UNKNOWN
    return Clip(NOWHERE, corpus, f"{corpus}/{number}", "", emotion, sentiment)


def toy(count: int = 96) -> tuple[list[Clip], Features]:
    """Each emotion lifts a cepstrum of its own, a little, in some of the frames."""
    rng = np.random.default_rng(0)
    clips = [clip("tess", i % len(EMOTIONS), i) for i in range(count)]
    rows: list[np.ndarray] = []
    for one in clips:
        frames = rng.standard_normal((int(rng.integers(60, 140)), DIMS)).astype(np.float32)
        frames[:, 0] += 60
        frames[::2, 2 + 2 * one.emotion] += 9
        rows.append(frames)
    return clips, Features.of(rows)


SHORT = SamplingConfig(draws=1024, batch=32, seconds=(0.5, 1.0))


def test_batches_follow_from_the_seed_and_leave_the_features_alone() -> None:
    clips, features = toy()
    before, wanted = features.frames.copy(), targets(clips)
    config = SamplingConfig(draws=64, batch=16)
    batches = [
        list(Sampler(clips, np.arange(80), [features], wanted, config=config, seed=seed))
        for seed in (1, 1, 2)
    ]
    for (x, y), (same_x, same_y) in zip(batches[0], batches[1], strict=True):
        assert torch.equal(x, same_x)
        assert torch.equal(y, same_y)
        np.testing.assert_allclose(y[:, 3:].sum(1), 1, rtol=1e-5)
    assert any(a[0].shape != b[0].shape for a, b in zip(batches[0], batches[2], strict=True))
    np.testing.assert_array_equal(features.frames, before)


def test_a_teacher_stands_alone_only_where_there_is_no_label() -> None:
    clips = [clip("tess", 2), clip("tess", 7), Clip(NOWHERE, "calls", "c", "", UNKNOWN, UNKNOWN)]
    opinion = torch.tensor([[0.2, 0.5, 0.3] + [0.125] * 8] * 3)
    mixed = taught(targets(clips), opinion, share=0.5)
    assert mixed[0, 2] == pytest.approx((0.3 + 0.9 + 0.1 / 3) / 2)
    torch.testing.assert_close(mixed[1, :3], opinion[1, :3])  # surprise has no sentiment
    assert mixed[1, 3 + 7] > 0.5
    torch.testing.assert_close(mixed[2], opinion[2])


def test_the_loss_is_least_where_the_network_says_what_it_is_taught() -> None:
    emotions = torch.tensor([[0.1, 0.0, 0.6, 0.1, 0.1, 0.0, 0.0, 0.1]])
    sentiments = emotions @ MEMBERS
    target = torch.cat([sentiments / sentiments.sum(), emotions], dim=1)
    right = distance(torch.log(emotions + 1e-9), target, 0.5)
    for other in torch.randn(20, 1, 8, generator=torch.Generator().manual_seed(0)):
        assert distance(other, target, 0.5) > right


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


def test_the_network_is_small_and_takes_any_length() -> None:
    net = ToneNet().eval()
    assert sum(p.numel() for p in net.parameters()) < 200_000
    with torch.inference_mode():
        for frames in (2, 3, 48, 300):
            assert net(torch.randn(3, frames, DIMS)).shape == (3, len(EMOTIONS))


def test_windows_are_pooled_by_length() -> None:
    two = Scores(np.eye(8, dtype=np.float32)[[0, 4]], np.zeros(2, int), np.array([50, 150]))
    said = np.exp(two.log_probs(ToneCalibration()))
    np.testing.assert_allclose(said[0, 3:][[0, 4]], [0.25, 0.75])
    np.testing.assert_allclose(said[0, :3], [0.75, 0.25, 0], atol=1e-5)


def test_several_networks_say_what_their_committee_does() -> None:
    _, features = toy(4)
    nets: list[ToneNet] = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        nets.append(ToneNet(width=8).eval())
    clips = [features[i] for i in range(4)]
    apart, together = score(nets, clips), score([Committee(nets).eval()], clips)
    np.testing.assert_allclose(apart.probs, together.probs, atol=1e-6)
    assert np.abs(apart.probs - score(nets[:1], clips).probs).max() > 1e-3


def test_calibration_finds_how_sure_a_network_may_be() -> None:
    rng = np.random.default_rng(0)
    emotion = rng.integers(0, 7, 2000)
    heard = np.where(rng.random(2000) < 0.6, emotion, rng.integers(0, 7, 2000))
    probs = np.full((2000, 8), 0.001, np.float32)
    probs[np.arange(2000), heard] = 0.993  # sure, and wrong in a third
    scores = Scores(probs, np.arange(2000), np.full(2000, 50))
    clips = [clip("tess", int(e)) for e in emotion]
    fitted = calibrate({"tess": scores}, {"tess": clips})
    assert fitted.temperature > 2
    assert fitted.biases == (0, 0, 0)
    sure = np.exp(scores.log_probs(fitted)[:, :3]).max(axis=1).mean()
    assert 0.5 < sure < 0.8


def test_a_network_learns_and_exports(tmp_path: Path) -> None:
    clips, features = toy()
    batches = Sampler(clips, np.arange(64), [features], targets(clips), config=SHORT, seed=0)
    net = fit(batches, FitConfig(epochs=24, memory=0.9, rate=1e-2, mixup=0.0), seed=0)
    held = [features[i] for i in range(64, 96)]
    guess = score([net], held).log_probs(ToneCalibration())[:, 3:].argmax(axis=1)
    assert np.mean(guess == [one.emotion for one in clips[64:]]) > 0.5  # chance is 0.125
    export(Committee([net, net]), ToneCalibration(1.3), tmp_path / "model", "0.0.1")
    weights = (tmp_path / "model" / "model.onnx").read_bytes()
    assert b"network.py" not in weights  # the exporter would note whose files it read
    few = [features[i][:n] for i, n in enumerate((1, 2, 7, 60))]
    assert largest_difference(net, tmp_path / "model", few) < 1e-5


def voice(pitch: float, seed: int = 0, seconds: float = 1.2) -> Int16Array:
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16_000)) / 16_000
    buzz = sum(np.cos(2 * np.pi * k * pitch * t) / k for k in range(1, 12))
    return (3000 * buzz + rng.normal(0, 50, len(t))).astype(np.int16)


def test_students_learn_from_teachers_that_left_out_the_same(tmp_path: Path) -> None:
    clips = [clip("tess" if i < 8 else "emovo", 4 if i % 2 else 2, i) for i in range(12)]
    sounds = Sounds.of([voice(110 if i % 2 else 300, i) for i in range(12)])
    encoder = Encoder.of(make_whisper(tmp_path / "whisper", stored="float16"), SMALL_SHAPE.layers)
    data = Data(clips, [sounds])
    quick = of_utterances.Recipe(
        HeadsConfig(steps=20, batch=8), TuningConfig(steps=10, batch=4, crop_s=(0.8, 1.0))
    )
    teachers = of_utterances.Study(data, encoder, tmp_path / "teachers", quick)
    features = Features.of([features_of_clip(sounds[i]) for i in range(12)])
    recipe = Recipe(FitConfig(epochs=2), replace(SHORT, draws=64))
    study = Study(data, [features], teachers, tmp_path / "students", recipe)
    left_out = corpora_left_out(clips)["emovo"]
    nets = study.students(left_out)
    assert sorted(file.name for file in (tmp_path / "students").iterdir()) == [
        "without-emovo-0.pt", "without-emovo-1.pt", "without-emovo-opinion.npy",
    ]  # fmt: skip
    assert [file.name for file in (tmp_path / "teachers" / "networks").iterdir()] == [
        "without-emovo-0.pt"
    ]
    found = examined(nets, data, left_out, ToneCalibration())
    np.testing.assert_array_equal(found.rows["clean"], np.arange(8, 12))
    again = scores_of(study.students(left_out), sounds, found.rows["clean"])
    np.testing.assert_array_equal(again.log_probs(ToneCalibration()), found.log_probs["clean"])


def test_features_are_computed_once(tmp_path: Path) -> None:
    sounds = Sounds.of([voice(110), voice(300)])
    first = features_of(sounds, tmp_path / "cache" / "two.npz")
    assert len(first) == 2
    for i in range(2):
        np.testing.assert_array_equal(first[i], features_of_clip(sounds[i]))
    again = features_of(Sounds.of([voice(200)]), tmp_path / "cache" / "two.npz")
    np.testing.assert_array_equal(again.frames, first.frames)


def test_speech_without_labels_comes_after_the_clips(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    shutil.copy(CALL, tmp_path / "calls")
    data = Data([clip("tess", 2)], [Sounds.of([voice(200)]), Sounds.of([voice(210)])])
    more = with_unlabelled(data, tmp_path, tmp_path)
    assert more.clips[0] == data.clips[0]
    extra = more.clips[1:]
    assert {(one.corpus, one.sentiment, one.emotion) for one in extra} == {("calls", -1, -1)}
    for before, after in zip(data.variants, more.variants, strict=True):
        np.testing.assert_array_equal(after[0], before[0])
        assert len(after) == len(more.clips)
    recorded, disturbed = (more.variants[n][1] for n in (0, 1))
    assert len(recorded) >= 16_000
    assert len(disturbed) != len(recorded) or (disturbed != recorded).any()
