"""Two channels of one voice are heard once; two people never are."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from tests.audio.made import call, read, voices, write


def int16(samples: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def noise(level: float) -> np.ndarray:
    """At so many dB below full scale, for half a minute."""
    return np.random.default_rng(0).standard_normal((1, 480_000)) * 32768 * 10 ** (level / 20)


@pytest.mark.parametrize("scale", [1.0, 0.3, -1.0, -0.5, 2.0])
@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("mixdown", [False, True])
def test_one_voice_is_heard_once(
    tmp_path: Path, scale: float, *, noisy: bool, mixdown: bool
) -> None:
    one = voices() * 0.45
    two = scale * one + (noise(-75) if noisy else 0)
    write_wav(tmp_path / "a.wav", int16(np.concatenate([one, two])))
    file = AudioFile(tmp_path / "a.wav", mixdown=mixdown)
    assert file.channels == 1
    heard = read(file)[0].astype(float)
    assert np.corrcoef(heard, one[0])[0, 1] > 0.97
    assert np.std(heard) > 0.6 * np.std(one)
    assert len(file.notes) == (0 if mixdown else 1)
    assert mixdown or "both channels carry the same" in file.notes[0]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.mp3", "libmp3lame", 16_000),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.opus", "libopus", 48_000),
        ("a.m4a", "aac", 16_000),
        ("a.wav", "adpcm_ms", 16_000),
        ("a.wav", "pcm_mulaw", 8_000),
    ],
)
def test_and_through_a_codec(tmp_path: Path, name: str, codec: str, rate: int, sign: int) -> None:
    one = voices()
    path = write(tmp_path / name, [np.concatenate([one, int16(sign * one)])], codec, rate=rate)
    file = AudioFile(path)
    assert file.channels == 1
    heard = read(file)[0, : one.shape[1]].astype(float)
    assert np.std(heard) > 0.7 * np.std(one.astype(float))


@pytest.mark.parametrize("bleed", [0.0, 0.01, 0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("quieter", [1.0, 0.1, 0.03])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_people_stay_two(
    tmp_path: Path, bleed: float, quieter: float, *, swapped: bool
) -> None:
    """Each leaks into the other's channel, and one may be quiet."""
    agent, customer = call()[::-1] if swapped else call()
    pair = np.stack([agent + bleed * customer * quieter, customer * quieter + bleed * agent])
    if quieter < bleed**2 * 10:
        pytest.skip("buried under what leaks")
    write_wav(tmp_path / "a.wav", int16(0.6 * pair))
    assert AudioFile(tmp_path / "a.wav").channels == 2


def test_one_word_of_a_second_person_is_enough(tmp_path: Path) -> None:
    one = voices()
    pair = np.concatenate([one, one])
    pair[1, 400_000:405_000] = call()[1, 200_000:205_000]
    write_wav(tmp_path / "a.wav", pair)
    assert AudioFile(tmp_path / "a.wav").channels == 2


@pytest.mark.parametrize("dead", [0, 1])
def test_a_dead_channel_is_said(tmp_path: Path, dead: int) -> None:
    pair = call()
    pair[dead] = 20  # an offset is no sound
    write_wav(tmp_path / "a.wav", pair)
    file = AudioFile(tmp_path / "a.wav")
    read(file)
    assert file.channels == 2
    assert file.notes == (f"{file.path}: channel {dead + 1} is silent.",)


def test_silence_is_no_voice(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros((2, 32_000), np.int16))
    file = AudioFile(tmp_path / "a.wav")
    assert (file.channels, read(file).shape, file.notes) == (2, (2, 32_000), ())
