"""The real model: what it says must not depend on how it is asked, nor on other streams."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.speech.vad import VAD_WINDOW, SileroVad

VAD = SileroVad()


def murmur(seed: int, windows: int) -> np.ndarray:
    """Something between speech and noise: harmonics in syllables, so that probabilities move."""
    random = np.random.default_rng(seed)
    time = np.arange(windows * VAD_WINDOW) / 16_000
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time + seed), 0, 1)
    return (3000 * voice * syllables + 50 * random.standard_normal(len(time))).astype(np.int16)


AUDIO = murmur(0, 700)
ALONE = np.concatenate([*map(VAD.stream(), AUDIO.reshape(-1, VAD_WINDOW))])


def grouped(sizes: list[int]) -> np.ndarray:
    stream, at, probs = VAD.stream(), 0, []
    for size in sizes:
        probs.append(stream(AUDIO[at * VAD_WINDOW : (at + size) * VAD_WINDOW]))
        at += size
    return np.concatenate(probs)


def test_probabilities_are_probabilities_and_move():
    assert ALONE.shape == (700,)
    assert ALONE.dtype == np.float32
    assert 0 <= ALONE.min() < 0.2
    assert 0.5 < ALONE.max() <= 1


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_grouping_changes_nothing(sizes: list[int]):
    np.testing.assert_array_equal(grouped(sizes), ALONE[: sum(sizes)])


@pytest.mark.parametrize("size", [3, 16, 256, 257, 600])
def test_large_groups_change_nothing(size: int):
    np.testing.assert_array_equal(grouped([size, 50]), ALONE[: size + 50])


def test_streams_share_the_model_and_nothing_else():
    one, other = VAD.stream(), VAD.stream()
    mixed: list[np.ndarray] = []
    for window in AUDIO[: 60 * VAD_WINDOW].reshape(-1, VAD_WINDOW):
        mixed.append(one(window))
        other(window[::-1])
    np.testing.assert_array_equal(np.concatenate(mixed), ALONE[:60])


def test_streams_may_run_in_several_threads():
    def run(_: int) -> np.ndarray:
        return grouped([7] * 40)

    with ThreadPoolExecutor(4) as pool:
        for probs in pool.map(run, range(8)):
            np.testing.assert_array_equal(probs, ALONE[:280])


def test_silence_and_noise_are_not_speech():
    noise = np.random.default_rng(0).integers(-2000, 2000, 100 * VAD_WINDOW, dtype=np.int16)
    assert VAD.stream()(np.zeros_like(noise)).max() < 0.1
    assert VAD.stream()(noise).max() < 0.35


def test_the_audio_is_not_written_to():
    audio = AUDIO[: 4 * VAD_WINDOW].copy()
    audio.setflags(write=False)
    VAD.stream()(audio)
    np.testing.assert_array_equal(audio, AUDIO[: 4 * VAD_WINDOW])


def test_a_missing_model_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(ModelError, match=r"vad\.onnx is missing.*pip install"):
        SileroVad(tmp_path / "vad.onnx")


def test_a_damaged_model_is_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "vad.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="ONNX Runtime cannot read") as error:
        SileroVad(path)
    assert "\n" not in str(error.value)
