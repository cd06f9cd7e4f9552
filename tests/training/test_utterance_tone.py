"""Training of the utterance tone model: its network, its data, and what is written of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from ctranslate2 import (  # noqa: E402
    StorageView,  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
)
from ctranslate2.models import Whisper  # noqa: E402
from faster_whisper.feature_extractor import FeatureExtractor  # noqa: E402

from sentivox.standins.whisper import SMALL_SHAPE, make_whisper  # noqa: E402
from sentivox.tone.trust import TrustSettings, believed, sharpness  # noqa: E402
from sentivox.tone.utterance import UtteranceToneModel  # noqa: E402
from sentivox.types import EMOTIONS, SENTIMENTS, Int16Array  # noqa: E402
from training.tone.corpus import to_int16  # noqa: E402
from training.utterance_tone import study  # noqa: E402
from training.utterance_tone.checkpoint import read_weights  # noqa: E402
from training.utterance_tone.conditions import CODECS, coded  # noqa: E402
from training.utterance_tone.corpus import UNKNOWN, Clip, Sounds  # noqa: E402
from training.utterance_tone.data import Data  # noqa: E402
from training.utterance_tone.embed import Embedded, embed, kept, padded  # noqa: E402
from training.utterance_tone.export import export  # noqa: E402
from training.utterance_tone.figures import figures  # noqa: E402
from training.utterance_tone.fit import HeadsConfig, score, stacked, train_heads  # noqa: E402
from training.utterance_tone.heads import Heads  # noqa: E402
from training.utterance_tone.network import Encoder, EncoderTone, LogMel  # noqa: E402
from training.utterance_tone.novelty import fit_novelty  # noqa: E402
from training.utterance_tone.sampling import draw_weights  # noqa: E402
from training.utterance_tone.study import Recipe, Study, corpora_left_out, said_of  # noqa: E402
from training.utterance_tone.targets import cross_entropy, targets  # noqa: E402
from training.utterance_tone.trust import (  # noqa: E402
    BIASES,
    Strange,
    as_served,
    fit_trust,
    trusted,
)
from training.utterance_tone.tune import TuningConfig, tune  # noqa: E402

SECOND = 16_000


def voice(seconds: float, pitch: float, seed: int = 0) -> Int16Array:
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SECOND)) / SECOND
    buzz = sum(np.cos(2 * np.pi * k * pitch * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3 * t), 0.03, 1)
    wave = (buzz + 0.1 * rng.standard_normal(len(t))) * syllables
    return to_int16(wave / np.abs(wave).max() * 0.3)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper of true format, with random weights."""
    return make_whisper(tmp_path_factory.mktemp("whisper"), stored="float16")


def network(whisper: Path) -> EncoderTone:
    torch.manual_seed(0)
    encoder = Encoder.of(whisper, SMALL_SHAPE.layers)
    return EncoderTone(encoder, Heads(encoder.width)).eval()


def test_the_encoder_is_whispers(whisper: Path) -> None:
    pcm = np.pad(voice(2, 150) / np.float32(32768), (0, SECOND)).astype(np.float32)
    mel = FeatureExtractor()(pcm)[:, :300].astype(np.float32)
    served = Whisper(str(whisper), compute_type="float32").encode(
        StorageView.from_array(np.ascontiguousarray(mel[None]))
    )
    weights = read_weights(whisper)
    gain, offset = (weights[f"encoder/layer_norm/{part}"] for part in ("gamma", "beta"))
    with torch.inference_mode():
        ours = Encoder.of(whisper, SMALL_SHAPE.layers)(torch.from_numpy(mel[None])).numpy()
    np.testing.assert_allclose(ours * gain + offset, np.asarray(served), atol=2e-3)


def test_int8_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="float16 or float32"):
        read_weights(make_whisper(tmp_path / "int8"))


def test_the_spectrogram_is_whispers_at_one_level() -> None:
    pcm = np.pad(voice(1, 200) / np.float32(32768), (0, SECOND)).astype(np.float32)
    theirs = FeatureExtractor()(pcm)[:, :200]
    ours = LogMel()(torch.from_numpy(pcm)[None])[0].numpy()
    assert ours.shape == (80, 200)
    np.testing.assert_allclose(ours[:, :-2], (theirs + 1.5 - theirs.max())[:, :-2], atol=1e-4)
    softer = LogMel()(torch.from_numpy(pcm / 10)[None])[0].numpy()
    np.testing.assert_allclose(ours, softer, atol=1e-4)


def embedded(encoder: Encoder, sounds: Sounds) -> Embedded:
    return embed(encoder, sounds, range(len(sounds)))


def test_what_is_beside_a_clip_does_not_matter(whisper: Path) -> None:
    encoder, short = network(whisper).encoder, voice(1.2, 150)
    together = embedded(
        encoder, Sounds.of([short, voice(3.4, 250), voice(1.3, 220), voice(0.05, 90)])
    )
    alone = embedded(encoder, Sounds.of([short]))
    np.testing.assert_allclose(together[0], alone[0], atol=0.05)  # bfloat16
    assert [len(together[i]) for i in range(4)] == [15, 42, 16, 1]


def test_what_was_computed_is_read_again(whisper: Path, tmp_path: Path) -> None:
    encoder, file = network(whisper).encoder, tmp_path / "kept.npz"
    first = kept(encoder, Sounds.of([voice(1.2, 150)]), file)
    again = kept(encoder, Sounds.of([voice(1.2, 400)]), file)
    np.testing.assert_array_equal(first[0], again[0])


def clip(corpus: str, sentiment: int, emotion: int, number: int) -> Clip:
    return Clip(Path(str(number)), corpus, f"{corpus}/{number}", "", emotion, sentiment)


def test_targets_follow_the_labels() -> None:
    rows = targets(
        [
            clip("a", 2, 2, 0),
            clip("a", UNKNOWN, 7, 1),
            clip("z", 0, UNKNOWN, 2),
        ]
    ).numpy()
    assert rows[0, :3].argmax() == 2
    assert rows[0, 3:].argmax() == 2
    assert rows[1, :3].sum() == 0
    assert rows[2, 3:].sum() == 0
    np.testing.assert_allclose(rows[[0, 2], :3].sum(axis=1), 1, rtol=1e-6)


def test_a_part_without_label_costs_nothing() -> None:
    said = torch.full((2, 11), -1.0, requires_grad=True)
    cross_entropy(said, targets([clip("a", UNKNOWN, 7, 0), clip("a", 1, UNKNOWN, 1)])).backward()
    assert said.grad is not None
    assert said.grad[0, :3].abs().sum() == 0
    assert said.grad[1, 3:].abs().sum() == 0


def test_classes_of_a_corpus_are_drawn_alike_and_large_corpora_only_a_little_more() -> None:
    clips = [clip("big", i % 3 > 0, 0, i) for i in range(1600)] + [clip("small", 0, 3, 9)] * 100
    weight = draw_weights(clips, np.arange(1700), 0.25)
    assert weight.sum() == pytest.approx(1)
    big = weight[:1600]
    assert big[::3].sum() == pytest.approx(big.sum() / 2)
    assert big.sum() / weight[1600:].sum() == pytest.approx(2)


@pytest.mark.parametrize("name", CODECS)
def test_codecs_keep_length_and_voice(name: str) -> None:
    wave = voice(1.5, 180) / 32768
    rate = next(iter(CODECS[name].bit_rates), None)
    heard = coded(wave, CODECS[name], rate)
    assert len(heard) == len(wave)
    lag = 800  # codecs delay by up to 50 ms
    similar = max(
        abs(np.corrcoef(wave[lag:-lag], heard[lag + d : len(heard) - lag + d])[0, 1])
        for d in range(-lag, lag, 2)
    )
    assert similar > 0.6


def test_lost_packets_are_silent() -> None:
    wave = voice(1.5, 180) / 32768
    whole = coded(wave, CODECS["opus"], 16_000)
    holes = coded(wave, CODECS["opus"], 16_000, lost=range(20, 30))
    assert np.abs(holes).sum() < 0.95 * np.abs(whole).sum()


def two_voices(count: int, corpus: str = "made") -> Data:
    """A low angry voice and a high happy one, in turn."""
    clips = [clip(corpus, 0 if i % 2 else 2, 4 if i % 2 else 2, i) for i in range(count)]
    return Data(clips, [Sounds.of([voice(1.5, 110 if i % 2 else 300, i) for i in range(count)])])


def test_heads_learn_to_tell_two_voices_apart(whisper: Path) -> None:
    data = two_voices(40)
    clips, sounds = data.clips, data.variants[0]
    steps, rows = embedded(network(whisper).encoder, sounds), np.arange(30)
    config = HeadsConfig(steps=40, batch=16)
    heads = train_heads(clips, [steps], rows, config, seed=0)
    found = score(heads, steps, np.arange(30, 40))
    assert found.shape == (10, len(SENTIMENTS) + len(EMOTIONS))
    assert (found[:, :3].argmax(axis=1) == [one.sentiment for one in clips[30:]]).all()
    again = train_heads(clips, [steps], rows, config, seed=0)
    np.testing.assert_array_equal(score(again, steps, rows), score(heads, steps, rows))


SHORT = TuningConfig(steps=30, batch=8, rate=1e-3, averaging=0.8)


def test_layers_learn_to_tell_two_voices_apart(whisper: Path) -> None:
    data, start = two_voices(40), network(whisper)
    tuned = tune(start, data, np.arange(30), replace(SHORT, kept=1.0), seed=0)
    found = said_of(tuned, data.variants[0], np.arange(30, 40))
    assert (found[:, :3].argmax(axis=1) == [one.sentiment for one in data.clips[30:]]).all()
    again = tune(start, data, np.arange(30), replace(SHORT, kept=1.0), seed=0)
    np.testing.assert_array_equal(said_of(again, data.variants[0], np.arange(40))[30:], found)


def test_what_is_kept_lies_between_the_weights_before_and_after(whisper: Path) -> None:
    data, start, rows = two_voices(10), network(whisper), np.arange(10)
    config = replace(SHORT, steps=10)
    after = tune(start, data, rows, replace(config, kept=1.0), seed=0).state_dict()
    half = tune(start, data, rows, config, seed=0).state_dict()
    same = tune(start, data, rows, replace(config, kept=0.0), seed=0).state_dict()
    moved = dict[str, float]()
    for name, before in start.state_dict().items():
        torch.testing.assert_close(half[name], (before + after[name]) / 2)
        torch.testing.assert_close(same[name], before)
        moved[name] = float((after[name] - before).abs().max())
    last = SMALL_SHAPE.layers - 1
    assert 0 < moved["encoder.conv1.weight"] < moved[f"encoder.layers.{last}.qkv.weight"]
    assert moved["encoder.positions"] == moved["heads.mean"] == 0  # no parameters


def test_a_study_goes_on_where_it_stopped(whisper: Path, tmp_path: Path) -> None:
    parts = [two_voices(12, "tess"), two_voices(6, "emovo")]
    sounds = [part.variants[0][i] for part in parts for i in range(len(part.clips))]
    data = Data([one for part in parts for one in part.clips], [Sounds.of(sounds)])
    encoder = Encoder.of(whisper, SMALL_SHAPE.layers)
    recipe = Recipe(HeadsConfig(steps=20, batch=8), replace(SHORT, steps=10), seed=7)
    networks = Study(data, encoder, tmp_path, recipe)
    sets = corpora_left_out(data.clips)
    assert sorted(sets) == ["emovo", "tess"]
    first = {name: networks.tested(one) for name, one in sets.items()}
    np.testing.assert_array_equal(first["emovo"].rows["clean"], np.arange(12, 18))
    assert first["emovo"].log_probs["first 1.5 s"].shape == (6, 11)
    networks_kept = tmp_path / "networks"
    written = {file.name: file.stat().st_mtime_ns for file in networks_kept.iterdir()}
    assert sorted(written) == [
        "without-emovo-7.npz", "without-emovo-7.pt", "without-tess-7.npz", "without-tess-7.pt",
    ]  # fmt: skip
    again = {name: networks.tested(one) for name, one in sets.items()}
    assert {file.name: file.stat().st_mtime_ns for file in networks_kept.iterdir()} == written
    for condition, said in first["tess"].log_probs.items():
        np.testing.assert_array_equal(again["tess"].log_probs[condition], said)


def test_a_study_may_leave_the_layers_as_they_are(whisper: Path, tmp_path: Path) -> None:
    data, encoder = two_voices(12, "tess"), Encoder.of(whisper, SMALL_SHAPE.layers)
    frozen = Recipe(HeadsConfig(steps=10, batch=8), tuning=None)
    nobody = study.LeftOut("without-nobody", np.zeros(12, bool))
    trained = Study(data, encoder, tmp_path, frozen).network(nobody)
    for name, weight in encoder.state_dict().items():
        torch.testing.assert_close(trained.encoder.state_dict()[name], weight, rtol=0, atol=0)
    assert trained.heads.mean.abs().max() > 0  # the heads did learn


def test_what_is_written_is_what_was_trained(whisper: Path, tmp_path: Path) -> None:
    net, trust = network(whisper), TrustSettings(1.2, 0.4)
    utterances = [voice(seconds, 150, 3) for seconds in (0.8, 2.2, 9.5)]
    with torch.inference_mode():
        said = [net(*padded([one])).numpy()[0] for one in utterances]
    known = embedded(net.encoder, Sounds.of([voice(1.5, 100 + i, i) for i in range(90)]))
    novelty = fit_novelty(net.heads, [known])
    export(net, novelty, trust, tmp_path / "model", "9.9.9")
    model = UtteranceToneModel.load(tmp_path / "model")
    assert model.name == "sentivox-utterance-tone-9.9.9"
    for one, log_probs, served in zip(utterances, said, model.classify(utterances), strict=True):
        highest = sharpness(trust, len(one) / SECOND - 0.5, novelty=0)
        sure, expected = np.exp(served.sentiment), np.exp(believed(log_probs[:3], highest))
        assert sure.argmax() == expected.argmax()
        assert sure.max() < expected.max() + 0.05  # int8; less where the sound is novel


def test_what_was_not_in_the_training_data_is_novel(whisper: Path) -> None:
    net = network(whisper)
    noise = to_int16(np.random.default_rng(0).normal(0, 0.1, SECOND))
    sounds = Sounds.of([*(voice(1.5, 100 + 2 * i, i) for i in range(100)), noise])
    steps = embedded(net.encoder, sounds)
    novelty = fit_novelty(net.heads, [embed(net.encoder, sounds, range(100))])
    with torch.inference_mode():
        values = [float(novelty(net.heads.pooled(*stacked([steps[i]])))) for i in (3, 40, 100)]
    assert max(values[:2]) < 1.1
    assert values[2] > 1.2


def test_trust_is_that_of_corpora_it_never_heard() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    seconds = rng.uniform(0.2, 4, 3000)
    right = rng.random(3000) < np.where(seconds > 1, 0.7, 0.4)
    guess = np.where(right, truth, (truth + rng.integers(1, 3, 3000)) % 3)
    log_probs = believed(np.eye(3, dtype=np.float32)[guess] * 4, 1.0)  # sure of everything
    one = Strange(log_probs, truth, seconds)
    settings = fit_trust({"a": one, "b": one})
    assert settings.sharpness < 1
    assert settings.half_s > 0
    sure = np.exp(trusted(one, settings).max(axis=1))
    assert sure[seconds > 1.5].mean() == pytest.approx(0.7, abs=0.08)
    assert sure[seconds < 0.8].mean() < 0.62


def test_a_network_to_which_strangers_sound_negative_gets_biases() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    logits = rng.normal(0, 1, (3000, 3)).astype(np.float32)
    logits[np.arange(3000), truth] += 1
    fair = Strange(believed(logits, 1.0), truth, np.full(3000, 3.0))
    logits += np.array([0.6, 0, -0.6], np.float32)
    partial = Strange(believed(logits, 1.0), truth, np.full(3000, 3.0))
    assert fit_trust({"a": fair, "b": fair}).biases == (0, 0, 0)
    assert fit_trust({"a": partial, "b": partial}).biases == (-max(BIASES), 0, max(BIASES))


def test_tables_have_what_is_served() -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(0, 2, (3, 11)).astype(np.float32)
    sounds = Sounds.of([voice(seconds, 150) for seconds in (0.7, 1.5, 4)])
    rows = {"clean": np.array([0, 1, 2]), "first 1.5 s": np.array([2])}
    tested = study.Tested(rows, {"clean": said, "first 1.5 s": said[2:]})
    trust = TrustSettings(1.2, 0.8, (-0.3, 0.0, 0.3))
    served = as_served(sounds, tested, trust)
    for condition, row, seconds in (("clean", 0, 0.2), ("clean", 2, 3.5), ("first 1.5 s", 2, 1.0)):
        place = int(np.flatnonzero(rows[condition] == row)[0])
        expected = believed(said[row, :3] + [-0.3, 0, 0.3], sharpness(trust, seconds, 0))
        np.testing.assert_allclose(served.log_probs[condition][place, :3], expected, atol=1e-5)
        np.testing.assert_array_equal(served.log_probs[condition][place, 3:], said[row, 3:])


def test_a_voice_that_always_sounds_angry_is_heard_against_itself() -> None:
    rng = np.random.default_rng(0)
    clips = [clip("made", i % 3, UNKNOWN, 0) for i in range(90)]
    logits = rng.normal(0, 0.3, (90, 11)).astype(np.float32)
    logits[np.arange(90), [one.sentiment for one in clips]] += 1.5
    logits[:, 0] += 2  # its microphone, or its throat
    found = figures(clips, np.hstack([believed(logits[:, :3], 1.0), believed(logits[:, 3:], 1.0)]))
    assert found.session > found.alone + 0.2
    assert found.mood < found.session
