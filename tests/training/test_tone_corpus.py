"""Reading corpora, spoiling audio and keeping features: what training starts from."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import write_wav
from sentivox.evaluation.work import read_audio
from sentivox.types import EMOTIONS, Int16Array
from training.tone.augment import Spoiler, add_noise, coloured_noise, speed, telephone
from training.tone.corpus import FOLDS, fold_speakers, read_corpora


def burst(lead: float = 1.0, tone: float = 0.5, tail: float = 1.0) -> Int16Array:
    """Faint hiss, then a chord, then hiss."""
    rng = np.random.default_rng(0)
    n = int((lead + tone + tail) * 16_000)
    t = np.arange(n) / 16_000
    on = (t >= lead) & (t < lead + tone)
    chord = sum(np.sin(2 * np.pi * f * t) for f in (300, 900, 2500, 5000))
    return np.round(3 * rng.standard_normal(n) + 3000 * on * chord).astype(np.int16)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    (folder / "audio").mkdir(parents=True)
    rows = ["file,dataset,speaker,gender,emotion"]
    for i, emotion in enumerate(("happy", "sad", "surprised")):
        write_wav(folder / "audio" / f"{i}.wav", burst(tone=0.3 + 0.1 * i))
        rows.append(f"audio/{i}.wav,toy,s{i % 2},female,{emotion}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def test_every_ravdess_actor_is_in_one_fold() -> None:
    assert sorted(actor for fold in FOLDS for actor in fold) == list(range(1, 21))
    assert fold_speakers(0) == {"rav01", "rav04", "rav14", "rav15"}


def test_labels_are_read_in_order(corpus: Path) -> None:
    clips = read_corpora(corpus, ["toy"])
    assert [EMOTIONS[c.emotion] for c in clips] == ["happy", "sad", "surprised"]
    assert [c.speaker for c in clips] == ["s0", "s1", "s0"]
    np.testing.assert_array_equal(read_audio(clips[0].path), burst(tone=0.3))


def test_a_corpus_without_labels_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"elsewhere.labels\.csv is missing"):
        read_corpora(tmp_path, ["elsewhere"])


def test_noise_has_the_level_asked_for() -> None:
    rng = np.random.default_rng(0)
    wave, noise = rng.standard_normal(16_000), coloured_noise(16_000, 1.0, rng)
    added = add_noise(wave, noise, 12.0) - wave
    assert 10 * np.log10(np.mean(wave**2) / np.mean(added**2)) == pytest.approx(12, abs=0.01)


def test_coloured_noise_falls_with_frequency() -> None:
    power = np.abs(np.fft.rfft(coloured_noise(160_000, 2.0, np.random.default_rng(0)))) ** 2
    low, high = power[10_000:20_000].mean(), power[20_000:40_000].mean()  # octaves from 1 kHz
    assert 10 * np.log10(low / high) == pytest.approx(6, abs=0.5)


def test_the_telephone_passes_only_its_band() -> None:
    wave = burst(0, 1, 0) / 32768
    heard = telephone(wave)
    assert len(heard) == len(wave)
    before, after = (np.abs(np.fft.rfft(w)) for w in (wave, heard))
    assert after[900] == pytest.approx(before[900], rel=0.1)
    assert after[5000] < before[5000] / 100


def test_speed_shortens_and_raises() -> None:
    faster = speed(burst(0, 1, 0) / 32768, 1.25)
    assert len(faster) == pytest.approx(16_000 / 1.25, abs=2)
    hertz = np.abs(np.fft.rfft(faster)).argmax() / len(faster) * 16_000
    assert min(abs(hertz - 1.25 * f) for f in (300, 900, 2500, 5000)) < 3


def test_the_same_generator_spoils_alike() -> None:
    spoiler = Spoiler([burst()], [burst(0.1, 0.05, 0)])
    one, same, other = (spoiler(burst(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert len(one) != len(other) or (one != other).any()
