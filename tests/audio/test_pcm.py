"""Raw bytes to samples: right values, right length, and no matter how they are chunked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.audio.pcm import AudioFormat, PcmDecoder
from sentivox.errors import ProtocolError

ENCODINGS = ("linear16", "linear32f", "mulaw", "alaw")
RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000)


def decode(fmt: AudioFormat, *chunks: bytes) -> np.ndarray:
    decoder = PcmDecoder(fmt)
    pieces = [decoder.decode(chunk) for chunk in chunks]
    return np.concatenate([*pieces, decoder.flush()], axis=1)


def tone(rate: int, seconds: float, hz: float = 440.0, peak: float = 0.5) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)


def as_int16(wave: np.ndarray) -> bytes:
    return np.rint(wave * 32768).astype("<i2").tobytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=6, deadline=None)
@given(
    channels=st.integers(1, 2),
    seed=st.integers(0, 99),
    sizes=st.lists(st.integers(0, 7_000), max_size=12),
)
def test_chunking_changes_nothing(
    encoding: str, rate: int, channels: int, seed: int, sizes: list[int]
) -> None:
    fmt = AudioFormat(encoding, rate, channels)
    random = np.random.default_rng(seed)  # any bytes at all, NaN and infinity among them
    chunks = [random.bytes(size) for size in sizes]
    whole = decode(fmt, b"".join(chunks))
    pieces = decode(fmt, *chunks)
    assert whole.dtype == np.int16
    assert whole.shape[0] == channels
    np.testing.assert_array_equal(whole, pieces)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 3.21])
def test_length_matches_the_source(rate: int, seconds: float) -> None:
    frames = round(rate * seconds)
    samples = decode(AudioFormat("linear16", rate), bytes(2 * frames))
    assert abs(samples.shape[1] - frames * 16_000 / rate) <= 1


def test_linear16_at_16_khz_passes_through_exactly() -> None:
    every = np.arange(-32768, 32768).astype("<i2")
    samples = decode(AudioFormat(), every.tobytes())
    np.testing.assert_array_equal(samples, every[None])


def test_stereo_is_split_into_channels() -> None:
    interleaved = np.array([1, -1, 2, -2, 3, -3], "<i2").tobytes()
    samples = decode(AudioFormat(channels=2), interleaved)
    assert samples.tolist() == [[1, 2, 3], [-1, -2, -3]]


def test_a_split_frame_is_carried_and_the_last_partial_one_dropped() -> None:
    decoder = PcmDecoder(AudioFormat(channels=2))
    assert decoder.decode(b"\x01\x00\x02").shape == (2, 0)
    assert decoder.decode(b"\x00\x03").tolist() == [[1], [2]]
    assert decoder.flush().shape == (2, 0)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("encoding", ["linear16", "linear32f"])
def test_a_tone_keeps_its_pitch_level_and_place(rate: int, encoding: str) -> None:
    wave = tone(rate, 1.0)
    data = as_int16(wave) if encoding == "linear16" else wave.astype("<f4").tobytes()
    samples = decode(AudioFormat(encoding, rate), data)[0] / 32768
    inner = slice(1600, -1600)
    np.testing.assert_allclose(samples[inner], tone(16_000, 1.0)[inner], atol=1e-3)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_nan_and_infinity_become_silence(rate: int) -> None:
    bad = np.array([np.nan, np.inf, -np.inf] * 1000, "<f4")
    assert not decode(AudioFormat("linear32f", rate), bad.tobytes()).any()


def test_what_exceeds_full_scale_is_clipped() -> None:
    loud = np.array([1e30, -1e30, 1.0, -1.0], "<f4")
    samples = decode(AudioFormat("linear32f"), loud.tobytes())
    assert samples.tolist() == [[32767, -32768, 32767, -32768]]


@pytest.mark.parametrize(
    ("encoding", "known"),
    [  # ITU-T G.191's g711 on the first, the quietest and the loudest codes
        ("mulaw", {0x00: -32124, 0x80: 32124, 0x7F: 0, 0xFF: 0, 0xF0: 120, 0x70: -120}),
        ("alaw", {0x2A: -32256, 0xAA: 32256, 0xD5: 8, 0x55: -8, 0xC5: 264, 0x45: -264}),
    ],
)
def test_g711_follows_the_standard(encoding: str, known: dict[int, int]) -> None:
    samples = decode(AudioFormat(encoding, 16_000), bytes(known))
    assert samples[0].tolist() == list(known.values())


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_g711_is_monotonic_and_odd(encoding: str) -> None:
    table = np.unique(decode(AudioFormat(encoding, 16_000), bytes(range(256)))[0])
    np.testing.assert_array_equal(table, -table[::-1])
    assert len(table) == (255 if encoding == "mulaw" else 256)  # mu-law has two zeros


def test_a_huge_message_is_as_good_as_many() -> None:
    data = as_int16(np.random.default_rng(0).uniform(-1, 1, 5_000_000) * 0.9)
    fmt = AudioFormat("linear16", 48_000, 2)
    whole = decode(fmt, data)
    assert whole.shape == (2, round(2_500_000 / 3))
    half = len(data) // 2 + 1
    np.testing.assert_array_equal(whole, decode(fmt, data[:half], data[half:]))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"encoding": "mp3"}, "linear16, linear32f"),
        ({"sample_rate": 7_999}, "8000 to 48000"),
        ({"sample_rate": 48_001}, "8000 to 48000"),
        ({"channels": 3}, "1 or 2"),
        ({"channels": 0}, "1 or 2"),
    ],
)
def test_other_formats_are_refused_in_one_line(wrong: dict, says: str) -> None:
    with pytest.raises(ProtocolError, match=says) as error:
        AudioFormat(**wrong)
    assert "\n" not in str(error.value)
